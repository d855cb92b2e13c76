{# A minion has started: what changed while it was away is looked at. An accepted key adopts nothing. #}
zhengban_look:
  runner.zhengban.audit:
    - args:
      - tgt: {{ [data['id']] | json }}
      - wait: 30
