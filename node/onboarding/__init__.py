"""The eight gates between a signed agreement and production: what each asks, and what facts open it. Facts come in, verdicts go out; nothing is sent from here.

Source: requirements B3, decision 22.
"""
