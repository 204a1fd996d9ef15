// What the desk's pages do beyond their forms. Without this file everything still works, by whole pages.
(() => {
  const said = () => document.getElementById("desk-said");
  const SHOWN_FOR = 8000;
  let quiet = 0;

  function say(text, failed) {
    const toast = document.createElement("p");
    toast.className = failed ? "desk-toast is-error" : "desk-toast";
    toast.textContent = text;
    said()?.replaceChildren(toast);
    fade();
  }

  function whyNot({ xhr, elt }) {
    if (xhr.status === 404) return `This${elt.closest("#dnd") ? " contact" : ""} was deleted meanwhile.`;
    return xhr.status === 403 ? "You may not do this here." : "Heed could not do this.";
  }

  function fade() {
    clearTimeout(quiet);
    const shown = Number(said()?.querySelector("[data-shown-for]")?.dataset.shownFor) || SHOWN_FOR;
    quiet = setTimeout(() => said()?.replaceChildren(), shown);
  }

  // A part of the page could not be saved or fetched: say so, and leave everything as it is.
  document.addEventListener("htmx:responseError", (event) => {
    say(`${whyNot(event.detail)} Nothing was changed.`, true);
  });
  document.addEventListener("htmx:sendError", () => say("Heed cannot be reached. Nothing was changed.", true));
  document.addEventListener("htmx:oobAfterSwap", fade);

  // Drop-downs close like everywhere else.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.desk-drop[open]").forEach((drop) => {
      if (!drop.contains(event.target)) drop.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.desk-drop[open]").forEach((drop) => {
        drop.open = false;
        drop.querySelector("summary").focus();
      });
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
      if (field) {
        event.preventDefault();
        field.focus();
      }
    }
  });

  // A lift that needs a note asks for it in a dialog; without one the answer leads to a page that asks.
  let asking = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-note-for]");
    const dialog = document.getElementById("note-dialog");
    if (button && dialog) {
      event.preventDefault();
      asking = button.id;
      dialog.querySelector("[name=change]").value = button.value;
      dialog.querySelector("[name=note]").value = "";
      dialog.querySelector("[data-note-subject]").textContent = button.dataset.noteFor;
      dialog.showModal();
      dialog.querySelector("[name=note]").focus();
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });
  // The Undo of a change of DND goes away with its toast: the focus goes back to what was undone.
  let changed = null;
  document.addEventListener("submit", (event) => {
    if (event.target.closest("#dnd")) changed = event.submitter?.id;
    if (event.target.closest("#note-dialog")) changed = asking;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "dnd" && event.detail.requestConfig.elt.closest(".desk-toast")) {
      document.getElementById(changed)?.focus();
    }
    const dialog = document.getElementById("note-dialog");
    if (dialog?.open && event.target.id === "dnd") {
      dialog.close();
      document.getElementById(asking)?.focus();
    }
  });

  // The admin's script looks for a text field of its own beside every file field, and fails where there is none.
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file]")) event.stopPropagation();
  }, true);

  // One more row in a set of forms.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (!button) return;
    const total = document.getElementById(`id_${button.dataset.addRow}-TOTAL_FORMS`);
    const html = document.getElementById("phone-row").innerHTML.replaceAll("__prefix__", total.value);
    const rows = document.getElementById("phone-rows");
    rows.insertAdjacentHTML("beforeend", html);
    rows.lastElementChild.querySelector("input").focus();
    total.value = Number(total.value) + 1;
  });
})();
