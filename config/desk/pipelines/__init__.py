"""Pipelines on the desk: the board, a status with its actions, the editor of actions, the card on a contact's page."""
