"""The parts of the cockpit: figures, deviations in words, pictures, comparison. They only arrange what others computed."""
