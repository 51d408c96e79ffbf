# shellcheck shell=bash
# Debian packages without installing them: an apt universe of our own per suite and architecture,
# whose packages are unpacked. The system's package database is never read for writing.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's own mirror, asked of apt itself so that both source formats and commented lines are read right.
debian_mirror() {
  local found=${DEPLOY_ACTION_DEBIAN_MIRROR:-}
  # shellcheck disable=SC2016 # apt's own variables
  [ -n "$found" ] || found=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $3 !~ /security|updates/ && !found++ { print $1 }')
  # before the first `apt-get update` of a machine apt knows no origin yet; the address alone must do
  # shellcheck disable=SC2016
  [ -n "$found" ] || found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | awk '/\/debian\/*$/ && !found++')
  [ -n "$found" ] || die "no Debian mirror in this machine's apt sources" "set DEPLOY_ACTION_DEBIAN_MIRROR to one"
  printf '%s\n' "${found%/}"
}

# universe SUITE [ARCH] : prints the configuration file; the package lists are fetched once a day
universe() {
  local suite=$1 arch=${2:-amd64} folder=$CACHE/apt/$1-${2:-amd64} mirror
  printf '%s\n' "$folder/conf"
  [ -z "$(find "$folder/updated" -mtime -1 2>/dev/null)" ] || return 0
  mkdir -p "$folder"/{lists,archives}/partial "$folder/parts"
  : >"$folder/status"
  mirror=$(debian_mirror)
  printf '%s [signed-by=%s] %s %s main\n' deb "$KEYRING" "$mirror" "$suite" >"$folder/sources.list"
  # only BuildKit's sources are wanted, and they are trixie's
  [ "$suite" != trixie ] || printf "deb-src [signed-by=%s] %s %s main\n" "$KEYRING" "$mirror" "$suite" >>"$folder/sources.list"
  # No-valid-until: a mirror's sid Release can be past its date, and the signature is checked all the same.
  cat >"$folder/conf" <<CONF
Dir::Etc::SourceList "$folder/sources.list"; Dir::Etc::SourceParts "$folder/parts"; Dir::State "$folder";
Dir::State::Lists "$folder/lists"; Dir::State::Status "$folder/status"; Dir::Cache "$folder"; Dir::Cache::Archives "$folder/archives";
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Sandbox::User "root"; APT::Install-Recommends "false";
Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3"; Debug::NoLocking "true"; Dpkg::Use-Pty "0";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
DPkg::Post-Invoke ""; APT::Update::Post-Invoke ""; APT::Update::Post-Invoke-Success "";
CONF
  if APT_CONFIG=$folder/conf apt-get -qq update >&2; then
    touch "$folder/updated"
  else
    # without a network the lists of yesterday are better than none
    [ -e "$folder/updated" ]
  fi
}

# closure CONF PACKAGE… : file names of the packages and all they depend on, as for an empty machine
closure() {
  local conf=$1
  shift
  APT_CONFIG=$conf apt-get -qq --print-uris -y -o Dir::Cache::Archives=/nonexistent install "$@" | awk '{ print $2 }' | sort
}

# download CONF PACKAGE… : the closure into the universe's archives folder
download() {
  local conf=$1
  shift
  APT_CONFIG=$conf apt-get -qq -y --download-only install "$@" >/dev/null
}

# unpack FOLDER DEB [TAR-OPTION…] : files only, no maintainer script
unpack() {
  local folder=$1 deb=$2
  shift 2
  mkdir -p "$folder"
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/man' "$@"
}
