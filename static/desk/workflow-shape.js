// A workflow between its two shapes: the JSON that is saved, and what the editor's fields hold.
window.heedWorkflow = (() => {
  let last = 0;
  const id = () => `n${++last}`;
  const VALUE = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/y;
  const copy = (value) => JSON.parse(JSON.stringify(value));
  const isGroup = (condition) => condition && (condition.all || condition.any);
  const namesChannels = (step) => step.kind === "set_dnd" || step.kind === "add_to_dnc";
  const asksMany = (op) => op === "any_of" || op === "none_of";

  // ---- lists in one field: with commas between them, those that hold one in quotes, as in a CSV file ----

  const quoted = (value) => (/,|^"/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const joined = (values) => values.map(quoted).join(", ");

  function list(text) {
    const values = [];
    for (VALUE.lastIndex = 0; VALUE.lastIndex < text.length; ) {
      const [, inQuotes, plain] = VALUE.exec(text);
      values.push(plain === undefined ? inQuotes.replaceAll('""', '"') : plain.trim());
    }
    return values.filter(Boolean);
  }

  // ---- from what was saved ----

  function triggerToForm(trigger) {
    const filters = trigger.filters || {};
    return {
      id: id(),
      open: false,
      type: trigger.type,
      name: trigger.name || "",
      direction: filters.direction || "",
      flag: filters.flag || "",
      channels: filters.channels || [],
      enabled: filters.enabled === undefined ? "" : String(filters.enabled),
      keywords: joined(filters.keywords || []),
      codes: joined(filters.codes || []),
      events: filters.events || [],
      tag_op: filters.tags?.op || "",
      tag_values: joined(filters.tags?.values || []),
      statuses: filters.statuses || [],
      sources: filters.sources || [],
      reasons: filters.reasons || [],
    };
  }

  function stepToForm(step) {
    const form = { ...copy(step), id: id(), open: false };
    if (step.kind === "wait") form.mode = "until" in step ? "until" : "for";
    if (step.kind === "set_dnd") form.enable = String(step.enable);
    if (namesChannels(step)) {
      form.every = step.channels === "all";
      form.channels = step.channels === "all" ? [] : step.channels;
    }
    if (step.kind === "send_preferred") {
      form["email.subject"] = step.email?.subject || "";
      form["email.body"] = step.email?.body || "";
    }
    if (step.kind === "if_else") {
      form.condition = conditionToForm(step.condition);
      form.then = (step.then || []).map(stepToForm);
      form.else = (step.else || []).map(stepToForm);
    }
    return form;
  }

  // A condition is a list of questions under "all" or "any"; what is nested deeper is edited as JSON.
  function conditionToForm(condition) {
    if (!isGroup(condition)) return { join: "all", single: true, questions: [questionToForm(condition)], text: "" };
    const join = condition.all ? "all" : "any";
    if (condition[join].some(isGroup)) return { join, questions: [], text: JSON.stringify(condition, null, 2) };
    return { join, single: false, questions: condition[join].map(questionToForm), text: "" };
  }

  function questionToForm(question = { field: "tag", op: "is", value: "" }) {
    const value = question.value;
    const text = Array.isArray(value) ? joined(value) : value === undefined ? "" : String(value);
    return { id: id(), field: question.field, op: question.op, value: text };
  }

  // ---- to what is saved ----

  function triggerToJson(trigger, spec) {
    const has = (name) => spec.fields.some((field) => field.name === name);
    const filters = {};
    if (has("direction") && trigger.direction) filters.direction = trigger.direction;
    if (has("flag") && trigger.flag) filters.flag = trigger.flag;
    const channels = spec.fields.find((field) => field.name === "channels");
    const counts = channels && (channels.specific ? trigger.flag.endsWith("_specific") : trigger.channels.length > 0);
    if (counts) filters.channels = [...trigger.channels];
    if (has("keywords") && list(trigger.keywords).length) filters.keywords = list(trigger.keywords);
    if (has("codes") && list(trigger.codes).length) filters.codes = list(trigger.codes);
    if (has("events") && trigger.events.length) filters.events = [...trigger.events];
    if (has("enabled") && trigger.enabled) filters.enabled = trigger.enabled === "true";
    if (has("tags") && trigger.tag_op) filters.tags = { op: trigger.tag_op, values: list(trigger.tag_values) };
    if (has("statuses") && trigger.statuses.length) filters.statuses = [...trigger.statuses];
    if (has("sources") && trigger.sources.length) filters.sources = [...trigger.sources];
    if (has("reasons") && trigger.reasons.length) filters.reasons = [...trigger.reasons];
    return { type: trigger.type, name: trigger.name.trim(), filters };
  }

  function stepToJson(step, specs) {
    const json = { kind: step.kind };
    for (const field of specs[step.kind].fields) {
      if (!shown(field, step) || field.name === "mode") continue;
      const value = step[field.name];
      if (field.optional && !value) continue;
      json[field.name] = value ?? "";
    }
    if (step.kind === "set_dnd") json.enable = step.enable === "true";
    if (namesChannels(step)) {
      json.channels = step.every ? "all" : [...step.channels];
    }
    if (step.kind === "send_preferred") {
      const { "email.subject": subject, "email.body": body } = json;
      delete json["email.subject"];
      delete json["email.body"];
      if (subject || body) json.email = { subject: subject || "", body: body || "" };
    }
    if (step.kind === "if_else") {
      json.condition = conditionToJson(step.condition);
      json.then = step.then.map((inner) => stepToJson(inner, specs));
      json.else = step.else.map((inner) => stepToJson(inner, specs));
    }
    return json;
  }

  function conditionToJson(condition) {
    if (condition.text) {
      try {
        return JSON.parse(condition.text);
      } catch {
        return condition.text;
      }
    }
    const questions = condition.questions.map(questionToJson);
    if (questions.length === 1 && condition.single) return questions[0];
    return { [condition.join]: questions };
  }

  function questionToJson({ field, op, value }) {
    if (op === "is_empty") return { field, op };
    if (asksMany(op)) return { field, op, value: list(value) };
    if (field.startsWith("dnd.") && field !== "dnd.state") return { field, op, value: value === "true" };
    return { field, op, value };
  }

  // Whether a field counts for this step as it is filled in: `when` names what another field must be.
  function shown(field, step) {
    return !field.when || Object.entries(field.when).every(([name, value]) => step[name] === value);
  }

  // ---- new ones ----

  function newTrigger(type) {
    return { ...triggerToForm({ type }), open: true };
  }

  function newStep(kind) {
    const fresh = {
      set_dnd: { enable: true, direction: "outbound", channels: [], note: "" },
      add_to_dnc: { channels: "all", note: "" },
      change_status: { status: "" },
      remove_from_workflow: { which: "another", workflow: "" },
      wait: { for: "1d" },
      create_task: { title: "", due_in: "" },
      if_else: { condition: { field: "tag", op: "is", value: "" }, then: [], else: [] },
      internal_notification: { to: "managers", message: "" },
    };
    return { ...stepToForm({ kind, ...(fresh[kind] || {}) }), open: true };
  }

  return { triggerToForm, stepToForm, triggerToJson, stepToJson, questionToForm, quoted, shown, asksMany, newTrigger, newStep };
})();
