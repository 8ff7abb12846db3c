"""The LangChain chat models: over our engine, scripted, and the addresses that lead to them."""
