"""What the lessons claim about training, as functions of a seed: tests run some, benchmarks all."""
