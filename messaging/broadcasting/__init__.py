"""One message to many. Who is in the audience, which way each of them is reached, and how far it is."""
