"""From corpus labels and a teacher's predictions to class probabilities for every token."""
