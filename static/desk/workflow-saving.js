// The workflow editor saves what it holds with one request, and shows at its field whatever stands in the way.
window.heedWorkflowSaving = {
  pathOfQuestion(path, condition, position) {
    const single = condition.single && condition.questions.length === 1;
    return single ? `${path}.condition` : `${path}.condition.${condition.join}.${position}`;
  },
  // The first mistake at this path or, where one field stands for a whole value, below it.
  error(path, below = false) {
    if (this.errors[path]) return this.errors[path];
    return below ? Object.entries(this.errors).find(([other]) => other.startsWith(`${path}.`))?.[1] || "" : "";
  },
  fieldId(path) {
    return `f-${path.replaceAll(".", "-")}`;
  },
  openMistakes() {
    const paths = Object.keys(this.errors);
    const hit = (path) => paths.some((other) => other === path || other.startsWith(`${path}.`));
    this.lines().forEach((line) => {
      if (line.type === "step" && hit(line.path)) line.step.open = true;
    });
    this.form.triggers.forEach((trigger, position) => {
      if (hit(`triggers.${position}`)) trigger.open = true;
    });
  },
  async save(then) {
    if (this.saving) return;
    this.saving = true;
    this.errors = {};
    this.removed = null;
    try {
      await this.send(this.text(), then);
    } catch {
      this.said = "";
      this.errors = { "": "Heed cannot be reached. Nothing was saved; what you wrote is still here." };
    }
    this.saving = false;
    // Alpine shows what was hidden a moment later, and what is hidden takes no focus.
    if (Object.keys(this.errors).length) setTimeout(() => this.$refs.mistakes.focus(), 50);
  },
  async send(text, then) {
    // The cookie's token, not the page's: whoever signs in again in another tab gets another one.
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] || "";
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token, "X-Changed-At": this.changedAt };
    const answer = await fetch(location.pathname, { method: "POST", headers, body: text });
    if (answer.status === 422 || answer.status === 409) {
      this.errors = (await answer.json()).errors;
      this.openMistakes();
    } else if (!answer.ok || answer.redirected) {
      this.errors = { "": `${this.whyNot(answer)} What you wrote is still here.` };
    } else {
      this.saved = text;
      this.said = "Saved.";
      const { url, changed_at: changedAt } = await answer.json();
      this.changedAt = changedAt;
      this.go(url, then);
    }
  },
  whyNot(answer) {
    if (answer.redirected) return "You are signed out: sign in in another tab, then save again.";
    if (answer.status === 404) return "This was deleted meanwhile: copy what you need.";
    return answer.status === 403 ? "You may not edit this here." : "Heed could not save this.";
  },
  go(url, then) {
    if (then) location.assign(`${url}${then}`);
    else if (location.pathname !== url) location.assign(url);
    else htmx.trigger("#workflow-status", "workflow-saved");
  },
};
