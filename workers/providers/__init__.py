"""The only files that know a provider's words: Pipedrive's and Twilio's."""
