var e=`hidden_lines() {
  cat -- "$directory/$env_file" 2> /dev/null
  printf '\\n%s\\n' "$container_environment"
}
know_containers() {
  set -- $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
  [ $# = 0 ] || container_environment=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$@" 2> /dev/null) || true
}
know_once() { [ -n "$container_environment" ] || know_containers; }
hide() {
  IFS= read -r line || [ -n "$line" ] || return 0
  [ -z "$of_others" ] || know_once
  { hidden_lines; printf '%s\\n' "$operation" "$line"; cat; } | awk -v mark="$operation" "$HIDE"
}
HIDE='
BEGIN {
  quote = sprintf("%c", 39)
  for (i = 1; i < 256; i++) { character = sprintf("%c", i); code[character] = i; hex[character] = sprintf("%02x", i) }
  letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
}
!reading && $0 == mark { reading = 1; next }
!reading { learn($0); next }
{ print shown(plain($0)) }
function learn(line, at) {
  sub(/\\r$/, "", line)
  if (match(line, /^[ \\t]*(export[ \\t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \\t]*[=:]/)) {
    name = tolower(substr(line, 1, RLENGTH))
    line = substr(line, RLENGTH + 1)
  }
  gsub(/^[ \\t]+|[ \\t]+$/, "", line)
  at = line
  sub(/[ \\t]+#.*$/, "", at)
  hidden(at)
  if (line ~ /^["\\047]/) sub(substr(line, 1, 1) "[ \\t]*(#.*)?$", "", line)
  sub(/^["\\047]/, "", line)
  sub(/["\\047]$/, "", line)
  hidden(replaced(replaced(line, "\\\\\\"", "\\""), "\\\\\\\\", "\\\\"))
  hidden(replaced(line, "$$", "$"))
  if (match(line, /:\\/\\/[^\\/@]*:[^@]*@/)) { at = substr(line, RSTART, RLENGTH - 1); sub(/^:\\/\\/[^:]*:/, "", at); name = "password"; hidden(at) }
}
function hidden(value) {
  if (length(value) < 6 || length(value) > 4096 || (value in known)) return
  if (name !~ /pass|secret|token|key|cred|auth|dsn|private|salt|webhook|session|cookie/ && (length(value) < 8 || value !~ /[0-9A-Z]/)) return
  known[value]
  form(value)
  form(reversed(value))
  form(replaced(value, quote, quote "\\\\" quote quote))
  form(replaced(value, quote, quote "\\"" quote "\\"" quote))
  form(replaced(value, quote, quote quote))
  form(replaced(value, "$", "$$"))
  form(escaped(value, "\\""))
  form(escaped(value, "[\\"\\\\\\\\]"))
  form(escaped(value, "[\\"\\\\\\\\$\`]"))
  form(escaped(value, "[^A-Za-z0-9_@%+=:,./-]"))
  form(replaced(replaced(replaced(escaped(value, "[\\"\\\\\\\\]"), "<", "\\\\u003c"), ">", "\\\\u003e"), "&", "\\\\u0026"))
  markup(replaced(replaced(replaced(value, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"))
  for (at_byte = 0; at_byte < 3; at_byte++) {
    encoded = base64(substr(value, at_byte + 1))
    form(encoded)
    gsub(/\\+/, "-", encoded)
    gsub(/\\//, "_", encoded)
    form(encoded)
  }
  url(value, "[^A-Za-z0-9_.~-]")
  url(value, "[^A-Za-z0-9_.~/-]")
  url(value, "[^A-Za-z0-9_.!~*\\047()-]")
  encoded = ""
  for (at_byte = 1; at_byte <= length(value); at_byte++) encoded = encoded hex[substr(value, at_byte, 1)]
  form(encoded)
  form(toupper(encoded))
}
function markup(text) {
  form(text)
  form(replaced(replaced(text, "\\"", "&quot;"), quote, "&apos;"))
  form(replaced(replaced(text, "\\"", "&#34;"), quote, "&#39;"))
  form(replaced(replaced(text, "\\"", "&quot;"), quote, "&#x27;"))
}
function form(text, at, piece) {
  if (length(text) < 6 || (text in forms)) return
  forms[text]
  if (length(text) > 1024) return
  for (at = 1; at + 7 <= length(text); at++) {
    piece = substr(text, at, 8)
    if (piece ~ /[^a-z .,:;\\/_@()<>-]/) pieces[piece]
  }
}
function replaced(text, old, new, done, at) {
  done = ""
  while ((at = index(text, old)) > 0) {
    done = done substr(text, 1, at - 1) new
    text = substr(text, at + length(old))
  }
  return done text
}
function escaped(text, special, done, at, one) {
  done = ""
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    done = done (one ~ special ? "\\\\" : "") one
  }
  return done
}
function reversed(text, done, at) {
  done = ""
  for (at = length(text); at > 0; at--) done = done substr(text, at, 1)
  return done
}
function url(text, special, done, at, one) {
  done = ""
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    done = done (one ~ special ? "%" hex[one] : one)
  }
  form(done)
  form(replaced(done, "%20", "+"))
  for (at = 1; at <= length(done); at++)
    if (substr(done, at, 1) == "%") done = substr(done, 1, at) toupper(substr(done, at + 1, 2)) substr(done, at + 3)
  form(done)
  form(replaced(done, "%20", "+"))
}
function base64(text, done, at, bits) {
  done = ""
  for (at = 1; at + 2 <= length(text); at += 3) {
    bits = code[substr(text, at, 1)] * 65536 + code[substr(text, at + 1, 1)] * 256 + code[substr(text, at + 2, 1)]
    done = done substr(letters, int(bits / 262144) + 1, 1) substr(letters, int(bits / 4096) % 64 + 1, 1) substr(letters, int(bits / 64) % 64 + 1, 1) substr(letters, bits % 64 + 1, 1)
  }
  return done
}
function plain(line) {
  if (length(line) > 4000) line = "… " substr(line, length(line) - 3999)
  gsub(/\\033\\[[0-9;?]*[ -\\/]*[@-~]/, "", line)
  gsub(/[\\001-\\010\\013-\\037\\177]/, "", line)
  return line
}
function shown(line, text, at, from, stars, told) {
  for (text in forms)
    for (from = 1; (at = index(substr(line, from), text)) > 0; from += at) cover(from + at - 1, length(text))
  for (at = 1; at + 7 <= length(line); at++) if (substr(line, at, 8) in pieces) cover(at, 8)
  if (!covering) return line
  told = ""
  for (at = 1; at <= length(line); at++) {
    if (!(at in covered)) told = told substr(line, at, 1)
    else if (!((at - 1) in covered)) told = told "***"
  }
  split("", covered)
  covering = 0
  return told
}
function cover(at, count) {
  covering = 1
  for (; count > 0; count--) covered[at++]
}
'`;export{e as t};