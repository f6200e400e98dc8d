-- Words to begin with. Whoever operates the platform changes them as they like.
INSERT INTO incident_template (key, name, kind, title, texts, next_update_minutes, updated_by) VALUES
  ('default', 'Something is wrong', 'incident', '{{component}}: trouble in {{region}}', '{
    "investigating": "We are looking into trouble with {{component}} in {{region}}. We will say more as soon as we know more.",
    "identified": "We have found what is wrong with {{component}} in {{region}} and are working on it.",
    "monitoring": "{{component}} in {{region}} works again. We keep watching.",
    "resolved": "{{component}} in {{region}} works as it should."
  }', 30, 'Wharfinger'),
  ('host-down', 'Hosts are out', 'incident', '{{component}}: some apps are out in {{region}}', '{
    "investigating": "Some apps in {{region}} cannot be reached. We are looking into it.",
    "identified": "{{hosts}} of our hosts in {{region}} are out. Apps on them cannot be reached until they are back.",
    "monitoring": "The hosts in {{region}} are back and apps are starting. We keep watching.",
    "resolved": "All apps in {{region}} can be reached again."
  }', 30, 'Wharfinger'),
  ('slow', 'It is slow', 'incident', '{{component}}: slow in {{region}}', '{
    "investigating": "{{component}} in {{region}} is slower than it should be. We are looking into it.",
    "identified": "We have found why {{component}} in {{region}} is slow and are working on it.",
    "monitoring": "{{component}} in {{region}} is as fast as usual again. We keep watching.",
    "resolved": "{{component}} in {{region}} is as fast as it should be."
  }', 60, 'Wharfinger'),
  ('network', 'The network fails', 'incident', 'Network trouble in {{region}}', '{
    "investigating": "Connections to and from {{region}} fail or are slow. We are looking into it.",
    "identified": "We have found the part of the network in {{region}} that fails and are working around it.",
    "monitoring": "Connections to and from {{region}} work again. We keep watching.",
    "resolved": "The network in {{region}} works as it should."
  }', 30, 'Wharfinger'),
  ('maintenance', 'Maintenance', 'maintenance', 'Maintenance of {{component}} in {{region}}', '{
    "scheduled": "We maintain {{component}} in {{region}}. Short interruptions are possible.",
    "reminder": "Reminder: {{title}} starts at {{from}} and is planned to end by {{until}}.",
    "in_progress": "The maintenance has begun. It is planned to end by {{until}}.",
    "completed": "The maintenance is completed."
  }', 60, 'Wharfinger')
ON CONFLICT (key) DO NOTHING;
