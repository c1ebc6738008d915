"""From an intention to its outcome: propose, confirm, apply, settle, undo."""
