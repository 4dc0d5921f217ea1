"""What has happened in a hall, brought to those who are there: sockets, streams, polls."""
