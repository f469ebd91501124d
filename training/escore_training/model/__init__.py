"""The networks: the student that ships, its first weights, the teacher's encoders, fine-tuning."""
