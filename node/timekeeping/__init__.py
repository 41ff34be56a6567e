"""How far clocks are apart: this machine's from its references, a partner's from ours. Knows no socket, no disk and no clock."""
