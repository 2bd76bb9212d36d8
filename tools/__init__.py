"""What serves the course without being part of a lesson."""
