"""What each interactive view measures: functions from settings to numbers, which draw nothing."""
