"""Trains one run: a plan and a seed become a PyTorch program, a history and weights."""
