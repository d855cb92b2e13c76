{# What is installed on a minion has changed, it says. The runner asks the minion itself: nothing is decided here. #}
zhengban_look:
  runner.zhengban.enforce:
    - args:
      - tgt: {{ [data['id']] | json }}
      - wait: 30
