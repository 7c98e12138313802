"""Many people on one server: the door, the house, and the walls of each session."""
