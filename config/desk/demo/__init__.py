"""The demo data: two businesses with people, contacts, workflows and connections, all plainly invented."""
