"""What was agreed: frozen lines, guarded states with history, mails."""
