"""Pictures that the server makes, as SVG: positions here, looks in app.css. Pure.

They are the same as long as what they show is, for no present time is in them.
"""
