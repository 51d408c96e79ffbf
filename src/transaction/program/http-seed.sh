# Data that a service takes over HTTP: handed over from the server at the container's own address, then asked about until
# the service says how it went. Like a health check it needs nothing in the image, and bash's /dev/tcp on the server.

# http_seed NAME HASH SECONDS SERVICE UPLOAD-FUNCTION [INTERVAL (milliseconds) FIELD "GOOD" "BAD" LITERAL [KEY LITERAL]…]
http_seed() {
  seed=$1 hash=$2 seconds=$3 service=$4 upload=$5
  shift 5
  begin_seed || return
  now
  # before anything is said of what it answers
  know_once
  began=$ticks id=$(serving_container "$service")
  seed_until=$((began + seconds * 100))
  if "$upload" "$id" && { [ $# = 0 ] || await_job "$@"; }; then
    token=
    now
    note seed "$seed" "$answer in $(seconds $(((ticks - began) * 10))) s"
    end_seed
    return
  fi
  token=
  know_containers
  { body | head -c 4096; echo; docker logs --tail 30 "$id" 2>&1 < /dev/null | tail -c 8192; } 2> /dev/null | hide > "$operation/last"
  evidence "seed $seed"
  fail SEED "seed $seed: $answer; its data is not undone"
}

# upload ID METHOD PORT PATH "STATUSES" VARIABLE TYPE FILE FIELD NAME: the file as the body, or as one field of a form
upload() {
  id=$1 method=$2 port=$3 route=$4 statuses=$5 variable=$6 type=$7 file=$8 field=$9 name=${10}
  address=$(address_of "$id") boundary=deploy-action-$hash content_type=$type
  [ -z "$field" ] || content_type="multipart/form-data; boundary=$boundary"
  [ -n "$address" ] || { answer="$service has no address"; return 1; }
  find_token || return
  length=$(message | wc -c)
  {
    request_head
    printf 'Content-Type: %s\r\nContent-Length: %s\r\n\r\n' "$content_type" "$((length))"
    message
  } | converse "$(((seed_until - ticks) / 100 + 1))"
  status=$(answer_status)
  [ -n "$status" ] || { answer="no answer on port $port"; return 1; }
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) answer="$answer $(said)"; return 1 ;; esac
}
# The body of the request; what precedes a file in a form is that of RFC 7578.
message() {
  [ -z "$field" ] || printf '%s%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n' -- "$boundary" "$field" "$name" "$type"
  [ -z "$file" ] || cat -- "$directory/$file"
  [ -z "$field" ] || printf '\r\n%s%s%s\r\n' -- "$boundary" --
}
# The token goes through a builtin and a pipe: into no argument, no file and no line of the output.
request_head() {
  printf '%s %s HTTP/1.0\r\nHost: %s:%s\r\nUser-Agent: deploy-action\r\nAccept: */*\r\n' "$method" "$route" "$address" "$port"
  [ -z "$token" ] || printf 'Authorization: Bearer %s\r\n' "$token"
}
# converse SECONDS: what standard input says, and the answer; a service that refuses early may not read all of it
converse() {
  # shellcheck disable=SC2016 # expands in bash
  timeout -k 2 "$1" bash -c 'exec 3<> "/dev/tcp/$1/$2" && { cat >&3; head -c 65536 <&3; }' bash "$address" "$port" > "$operation/answer$apart" 2> /dev/null
}
# What a variable of the environment file is, as compose reads it.
find_token() {
  token=
  [ -n "$variable" ] || return 0
  # shellcheck disable=SC2016 # compose puts it in
  printf 'services:\n  "%s":\n    labels:\n      deploy-action.bearer: "${%s}"\n' "$service" "$variable" > "$operation/bearer.yml"
  token=$(compose_over "$directory" "$dot/releases/$release" "$operation/bearer.yml" config --format json 2> /dev/null | json_value "services.$service.labels.deploy-action.bearer" | sed 's/\$\$/$/g')
  case $token in '' | *[[:cntrl:]]*) answer="$variable in $directory/$env_file is empty, or no token"; return 1 ;; esac
}

# await_job INTERVAL FIELD "GOOD" "BAD" LITERAL [KEY LITERAL]…: until the service says that it went well, or that it did not
await_job() {
  interval=$1 where=$2 good=$3 bad=$4
  shift 4
  job_route "$@" || return
  method=GET told=$answer
  while :; do
    { request_head; printf '\r\n'; } | converse 10
    status=$(answer_status)
    case $status in
      '') answer="no answer on port $port"; still_runs "$id" || return ;;
      2*)
        state=$(body | json_value "$where") || state=
        answer="$where is \"$state\""
        case " $good " in *" ${state:-?} "*) answer="$told, $answer"; return 0 ;; esac
        case " $bad " in *" ${state:-?} "*) answer="$answer: $(said)"; return 1 ;; esac
        ;;
      *) answer="HTTP $status $(said)" ;;
    esac
    now
    [ "$ticks" -lt "$seed_until" ] || { answer="not done after $seconds s: $route says $answer"; return 1; }
    sleep "$((interval / 1000)).$(printf '%03d' $((interval % 1000)))"
  done
}
# job_route LITERAL [KEY LITERAL]…: where the job is asked about, by what the service answered
job_route() {
  route=$1
  shift
  while [ $# -gt 0 ]; do
    value=$(body | json_value "$1") || value=
    case $value in '' | *[!A-Za-z0-9._~-]*) answer="$answer, but its answer has no \"$1\" that a path can hold: $(said)"; return 1 ;; esac
    route=$route$value$2
    shift 2
  done
}
said() { body | head -c 2000 | hide | head -c 200 | tr -d '\000-\037'; }

# json_value KEY[.KEY]…: the text, number or word at that place of a JSON on standard input; fails where there is none
json_value() { wanted=.$1 awk "$JSON_VALUE"; }
# shellcheck disable=SC2016
JSON_VALUE='
{
  line = $0
  # a JSON text has no line end inside of a string
  while (match(line, /"([^"\\]|\\.)*"|[][{},:]|[^][{},:" \t\r]+/)) {
    token[++count] = substr(line, RSTART, RLENGTH)
    line = substr(line, RSTART + RLENGTH)
  }
}
END {
  at = 1
  value("")
  exit !found
}
function value(path, key, place) {
  if (token[at] == "{") {
    for (at++; at <= count && token[at] != "}"; ) {
      key = plain(token[at])
      at += 2
      value(path "." key)
      if (token[at] == ",") at++
    }
  } else if (token[at] == "[") {
    for (at++; at <= count && token[at] != "]"; ) {
      value(path "." place++)
      if (token[at] == ",") at++
    }
  } else if (!found && path == ENVIRON["wanted"]) {
    found = 1
    print plain(token[at])
  }
  at++
}
function plain(text, done, escape, letter) {
  if (text !~ /^"/) return text
  text = substr(text, 2, length(text) - 2)
  done = ""
  while ((escape = index(text, "\\")) > 0) {
    letter = substr(text, escape + 1, 1)
    done = done substr(text, 1, escape - 1)
    text = substr(text, escape + 2)
    if (letter == "u") {
      done = done (text ~ /^00[0-7]/ ? sprintf("%c", 16 * substr(text, 3, 1) + index("123456789abcdef", tolower(substr(text, 4, 1)))) : "\\u" substr(text, 1, 4))
      text = substr(text, 5)
    } else done = done (letter == "n" ? "\n" : letter == "t" ? "\t" : letter == "r" ? "\r" : letter)
  }
  return done text
}
'
