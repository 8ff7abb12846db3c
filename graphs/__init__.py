"""What thinks in steps: LangGraph state machines, one folder an agent."""
