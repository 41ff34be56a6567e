"""The doctor: facts about a home are gathered in one place and told; each check judges facts, and says why it matters, what to do and who does it."""
