"""From deviations to the inbox: incidents, their cause, message, rank and triage."""
