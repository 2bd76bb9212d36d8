"""What an instructor needs for a class: the handout, nbgrader's course folder, a new lesson."""
