"""How Signalbox runs on more than one machine, and a rehearsal of it on one."""
