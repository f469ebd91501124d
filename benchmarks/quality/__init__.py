"""Quality of escore beside other taggers."""
