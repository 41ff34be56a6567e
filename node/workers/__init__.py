"""What happens without anybody calling: pushing exchanges to partners, and handing accepted messages to the Consumer."""
