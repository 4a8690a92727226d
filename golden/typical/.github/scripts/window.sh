#!/usr/bin/env bash
# window.sh 'DAYS FROM-TO ZONE': fails outside of a weekly window such as 'Mon-Thu 07:00-09:00 UTC' or
# 'Tue,Wed 22:30-01:00 Europe/Berlin'. A window over midnight belongs to the day on which it opens.
# NOW replaces the current time.
set -euo pipefail

window=$1
span='[A-Z][a-z]{2}(-[A-Z][a-z]{2})?'
pattern="^($span(,$span)*) ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9]) ([A-Za-z0-9_+/-]+)$"
wrong() { echo "::error::DEPLOY_WINDOW is '$window': $1. It looks like 'Mon-Thu 07:00-09:00 UTC'."; exit 2; }
[[ $window =~ $pattern ]] || wrong 'not days, times and a time zone'
days=${BASH_REMATCH[1]} zone=${BASH_REMATCH[9]}
from=$((10#${BASH_REMATCH[5]} * 60 + 10#${BASH_REMATCH[6]})) to=$((10#${BASH_REMATCH[7]} * 60 + 10#${BASH_REMATCH[8]}))
# date treats an unknown zone as UTC and reports no error.
[[ $zone == UTC || -e /usr/share/zoneinfo/$zone ]] || wrong "$zone is not a time zone"

declare -A number=([Mon]=1 [Tue]=2 [Wed]=3 [Thu]=4 [Fri]=5 [Sat]=6 [Sun]=7)
open=''
for part in ${days//,/ }; do
  first=${number[${part%-*}]:-} last=${number[${part#*-}]:-}
  [[ -n $first && -n $last && $first -le $last ]] || wrong "$part is not a day or a span of days"
  for ((day = first; day <= last; day++)); do open+=$day; done
done

read -r today hour minute < <(TZ=$zone date ${NOW:+--date "$NOW"} '+%u %H %M')
now=$((10#$hour * 60 + 10#$minute)) yesterday=$(((today + 5) % 7 + 1))
if ((from < to)); then
  [[ $open == *$today* ]] && ((now >= from && now < to)) && exit
else
  [[ $open == *$today* ]] && ((now >= from)) && exit
  [[ $open == *$yesterday* ]] && ((now < to)) && exit
fi
echo "::error::Outside of the window '$window'. Re-run the failed job when it is open, or deploy with 'urgent'."
exit 1
