// The workflow editor: holds the definition, draws nothing itself.
document.addEventListener("alpine:init", () => {
  const shape = window.heedWorkflow;
  const read = (name) => JSON.parse(document.getElementById(name).textContent);

  Alpine.data("workflowEditor", () => ({
    ...window.heedWorkflowSaving,
    words: read("workflow-vocabulary"),
    form: null,
    errors: {},
    saved: "",
    saving: false,
    said: "",
    removed: null,
    quoted: shape.quoted,
    asksMany: shape.asksMany,

    init() {
      const given = read("workflow-definition");
      this.form = {
        name: given.name,
        allow_reentry: Boolean(given.settings.allow_reentry),
        remove_when_all_dnd: Boolean(given.settings.remove_when_all_dnd),
        triggers: given.triggers.map(shape.triggerToForm),
        steps: given.steps.map(shape.stepToForm),
      };
      if ("category" in given) this.form.category = given.category;
      this.triggerSpecs = Object.fromEntries(this.words.triggers.map((spec) => [spec.type, spec]));
      this.stepSpecs = Object.fromEntries(this.words.steps.map((spec) => [spec.kind, spec]));
      this.saved = this.text();
      this.changedAt = this.$root.dataset.changedAt;
      addEventListener("beforeunload", (event) => {
        if (this.dirty()) event.preventDefault();
      });
    },

    // ---- what is on the page ----

    json() {
      const category = "category" in this.form ? { category: this.form.category } : {};
      return {
        name: this.form.name,
        ...category,
        settings: { allow_reentry: this.form.allow_reentry, remove_when_all_dnd: this.form.remove_when_all_dnd },
        triggers: this.form.triggers.map((trigger) => shape.triggerToJson(trigger, this.triggerSpecs[trigger.type])),
        steps: this.form.steps.map((step) => shape.stepToJson(step, this.stepSpecs)),
      };
    },
    text() {
      return JSON.stringify(this.json());
    },
    dirty() {
      return this.text() !== this.saved;
    },

    // The tree of steps as one list of lines: steps, headings of branches, and places where a step can be added.
    lines(steps = this.form.steps, path = "steps", depth = 0, number = "", place = "at the end") {
      const lines = [];
      steps.forEach((step, position) => {
        const label = `${number}${position + 1}`;
        const here = `${path}.${position}`;
        lines.push({ type: "step", key: step.id, step, steps, position, path: here, depth, number: label });
        if (step.kind !== "if_else") return;
        for (const [branch, letter, title] of [["then", "a", "If it holds"], ["else", "b", "Otherwise"]]) {
          lines.push({ type: "branch", key: `${step.id}${branch}`, title: `${label}${letter}. ${title}`, depth: depth + 1 });
          const inside = `to ${label}${letter}, “${title.toLowerCase()}”`;
          lines.push(...this.lines(step[branch], `${here}.${branch}`, depth + 1, `${label}${letter}.`, inside));
        }
      });
      lines.push({ type: "add", key: `${path}+`, steps, depth, place });
      return lines;
    },
    fieldsOf(step) {
      return this.stepSpecs[step.kind].fields.filter((field) => shape.shown(field, step));
    },
    stepsIn(group) {
      return this.words.steps.filter((spec) => spec.group === group);
    },
    triggerFields(trigger, more) {
      const fields = this.triggerSpecs[trigger.type].fields.filter((field) => Boolean(field.more) === more);
      return fields.filter((field) => !field.specific || trigger.flag.endsWith("_specific"));
    },
    dndChannels(direction, options) {
      return direction === "inbound" ? options.filter(([value]) => value === "call" || value === "sms") : options;
    },
    // What a drop-down offers; a value that is no longer offered stays to be seen.
    optionsOf(field, step) {
      const options = field.options || this.known()[field.type];
      const value = step[field.name];
      if (!value || options.some(([known]) => known === value)) return options;
      return [...options, [value, this.gone[field.type] || value]];
    },
    gone: { workflow: "A workflow that is gone", status: "A status that is gone or archived" },
    known() {
      return { workflow: this.words.workflows, audience: this.words.audiences, status: this.words.statuses };
    },
    // Statuses to tick in a trigger; one that was chosen and is no longer offered stays to be seen.
    statusesFor(trigger) {
      const offered = this.words.statuses;
      const lost = trigger.statuses.filter((value) => !offered.some(([known]) => known === value));
      return [...offered, ...lost.map((value) => [value, this.gone.status])];
    },
    setFamily(step, members, on) {
      const others = step.channels.filter((channel) => !members.includes(channel));
      step.channels = on ? [...others, ...members] : others;
    },
    label(options, value) {
      return options.find(([known]) => known === String(value))?.[1] || String(value ?? "");
    },
    summary(step) {
      const channels = step.every ? "all channels" : (step.channels || []).map((c) => this.label(this.channels(), c)).join(", ");
      const words = {
        send_sms: () => step.body,
        send_email: () => step.subject,
        send_preferred: () => step.text || step.call || step["email.subject"],
        send_whatsapp: () => step.body,
        send_facebook: () => step.body,
        send_gmb: () => step.body,
        make_call: () => step.say,
        add_tag: () => step.tag,
        remove_tag: () => step.tag,
        set_dnd: () => `${step.enable === "true" ? "Block" : "Allow"} ${channels}${step.direction === "inbound" ? " (inbound)" : ""}`,
        add_to_dnc: () => channels,
        change_status: () => (step.status ? this.label(this.words.statuses, step.status) : ""),
        add_to_workflow: () => this.label(this.words.workflows, step.workflow),
        remove_from_workflow: () =>
          step.which === "another" ? this.label(this.words.workflows, step.workflow) : this.label(this.whichOptions(), step.which),
        internal_notification: () => this.label(this.words.audiences, step.to),
        create_task: () => step.title,
        wait: () => (step.mode === "for" ? this.durationWords(step.for) : step.until),
        if_else: () => step.condition.questions.map((q) => this.questionWords(q)).join(step.condition.join === "all" ? " and " : " or "),
      };
      return words[step.kind]?.() || "";
    },
    triggerSummary(trigger) {
      const fields = this.triggerSpecs[trigger.type].fields;
      const words = (name) => {
        const field = fields.find((known) => known.name === name);
        return field && trigger[name] ? this.label(field.options, trigger[name]) : "";
      };
      const channels = trigger.flag.endsWith("_specific") ? trigger.channels.map((c) => this.label(this.channels(), c)).join(", ") : "";
      const flag = channels ? words("flag").replace("certain channels", channels) : words("flag");
      const tags = trigger.tag_op && trigger.tag_values;
      const statuses = trigger.statuses.map((s) => this.label(this.words.statuses, s)).join(", ");
      return [trigger.name, statuses, flag, words("direction"), words("enabled"), tags].filter(Boolean).join(" · ");
    },
    channels() {
      return this.triggerSpecs.contact_dnd.fields.find((field) => field.name === "channels").options;
    },
    whichOptions() {
      return this.stepSpecs.remove_from_workflow.fields[0].options;
    },
    questionWords(question) {
      const value = this.isFlag(question) ? (question.value === "true" ? "blocked" : "allowed") : question.value;
      const field = this.isFlag(question)
        ? this.label(this.channels(), question.field.slice(4))
        : this.label(this.words.condition.fields, question.field);
      return `${field} ${this.label(this.words.condition.ops, question.op)} ${value}`.trim();
    },
    isFlag(question) {
      return question.field.startsWith("dnd.") && question.field !== "dnd.state";
    },
    opsOf(question) {
      return this.words.condition.ops.filter(([op]) => this.words.condition.ops_of[question.field].includes(op));
    },
    fieldChanged(question) {
      if (!this.opsOf(question).some(([op]) => op === question.op)) question.op = "is";
      question.value = this.isFlag(question) ? "true" : question.field === "dnd.state" ? "on" : "";
    },
    valueKind(question) {
      if (question.op === "is_empty") return "none";
      if (this.isFlag(question)) return "flag";
      return question.field === "dnd.state" && !shape.asksMany(question.op) ? "state" : "text";
    },

    // ---- durations: `2h` is kept, a number and a unit are shown ----

    amount(step, name) {
      const number = parseInt(step[name]);
      return Number.isNaN(number) ? "" : number;
    },
    unit(step, name) {
      return (step[name] || "").slice(-1).match(/[smhd]/)?.[0] || "d";
    },
    setDuration(step, name, amount, unit) {
      step[name] = amount === "" ? "" : `${amount}${unit}`;
    },
    durationWords(text) {
      const unit = { s: "second", m: "minute", h: "hour", d: "day" }[(text || "").slice(-1)];
      return unit ? `${parseInt(text)} ${unit}${parseInt(text) === 1 ? "" : "s"}` : text;
    },

    // ---- actions: who is put on the Do Not Contact list should go to a dead status ----

    leadsNowhere() {
      if (!this.form.steps.some((step) => step.kind === "add_to_dnc")) return "";
      if (!this.words.dead.length) return "The pipeline has no dead status to move such a contact to: add one.";
      const last = this.form.steps.filter((step) => step.kind === "change_status").at(-1);
      if (!last) return `It moves nowhere: the contact stays in “${this.words.status}”.`;
      return this.words.dead.some(([id]) => id === last.status) ? "" : "It moves to a status that is not dead.";
    },
    moveToDead() {
      const last = this.form.steps.filter((step) => step.kind === "change_status").at(-1);
      if (last) last.status = this.words.dead[0][0];
      else this.form.steps.push({ ...shape.newStep("change_status"), status: this.words.dead[0][0], open: false });
      this.said = `It moves to ${this.words.dead[0][1]}.`;
    },
    // The usual name, where the action has none yet.
    nameIt(kind) {
      if (kind === "add_to_dnc" && "category" in this.form && !this.form.name.trim()) {
        this.form.name = this.words.standard_name;
        this.form.category = "do not contact";
      }
    },

    // ---- changing the lists ----

    addTrigger(type, drop) {
      this.form.triggers.push(shape.newTrigger(type));
      this.after(drop, this.form.triggers.at(-1).id, "Trigger added.");
    },
    addStep(steps, kind, drop) {
      steps.push(shape.newStep(kind));
      this.nameIt(kind);
      this.after(drop, steps.at(-1).id, "Step added.");
    },
    close(drop) {
      drop.open = false;
      drop.querySelector("summary").focus();
    },
    after(drop, id, said) {
      drop.open = false;
      this.errors = {};
      this.said = said;
      this.$nextTick(() => {
        const card = document.getElementById(id);
        (card.querySelector(".flow-body input, .flow-body select, .flow-body textarea") || card.querySelector("button")).focus();
      });
    },
    removeFrom(items, position, what) {
      this.removed = { items, position, item: items[position], what };
      items.splice(position, 1);
      this.errors = {};
      this.said = `${what} removed.`;
      this.$nextTick(() => document.getElementById("undo-removal")?.focus());
    },
    putBack() {
      const { items, position, item, what } = this.removed;
      items.splice(position, 0, item);
      this.removed = null;
      this.said = `${what} is back.`;
      this.$nextTick(() => document.querySelector(`#${item.id} button`)?.focus());
    },
    // Every place where a step could stand, in the order of the page.
    slots(steps = this.form.steps) {
      const found = [];
      steps.forEach((step, position) => {
        found.push({ steps, position });
        if (step.kind === "if_else") found.push(...this.slots(step.then), ...this.slots(step.else));
      });
      found.push({ steps, position: steps.length });
      return found;
    },
    move(line, by) {
      const [step] = line.steps.splice(line.position, 1);
      const slots = this.slots();
      const now = slots.findIndex((slot) => slot.steps === line.steps && slot.position === line.position);
      const next = slots[Math.min(Math.max(now + by, 0), slots.length - 1)];
      next.steps.splice(next.position, 0, step);
      this.errors = {};
      this.$nextTick(() => {
        const moved = this.lines().find((other) => other.key === step.id);
        this.said = `Moved: it is now step ${moved.number}.`;
        // At the end of its way the arrow is disabled and takes no focus; the other one does.
        const way = this.canMove(moved, by) ? by : -by;
        document.getElementById(`${step.id}-${way < 0 ? "up" : "down"}`)?.focus();
      });
    },
    canMove(line, by) {
      const slots = this.slots().filter((slot) => !this.inside(slot.steps, line.step));
      const first = slots[0];
      if (by < 0) return !(first.steps === line.steps && first.position === line.position);
      return !(line.steps === this.form.steps && line.position === this.form.steps.length - 1);
    },
    inside(steps, step) {
      if (step.kind !== "if_else") return false;
      return [step.then, step.else].some((branch) => branch === steps || branch.some((inner) => this.inside(steps, inner)));
    },
    askMore(condition) {
      condition.questions.push(shape.questionToForm());
    },
    askLess(condition, position) {
      condition.questions.splice(position, 1);
    },
  }));
});
