# What a careful person would send through one `ssh host sh -s` to do what the product does where nothing changed:
# the same lock, files compared and placed, the same questions to the engine, seven steps, a smoke test, the running
# digests compared, a record written. Set before: folder, project, service (asked by the smoke test), port, path, archive (a function).
set -eu
umask 077
cd "$folder"
exec 9<> .hand-lock
flock -w 600 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mine="label=com.docker.compose.project=$project"

# questions, side by side
docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' > "$work/engine" &
docker compose version --short > "$work/compose" &
docker info --format '{{.DockerRootDir}}' | xargs df -Pk . > "$work/disk" &
docker ps --format '{{json .Names}} {{json .Ports}}' > "$work/published" &
{
  docker ps --all --quiet --filter "$mine" | xargs docker inspect --format '{{.Id}} {{.Name}} {{.Config.Image}} {{.Image}} {{.State.Status}} {{.RestartCount}}' > "$work/containers"
  cut -d' ' -f4 "$work/containers" | sort -u | xargs docker image inspect --format '{{.ID}} {{json .RepoDigests}}' > "$work/images"
} &
docker compose --project-name "$project" --env-file .env --file docker-compose.yml --file .deploy/current/pin.yml config > "$work/model" &
mkdir "$work/stage"
archive | base64 -d | tar -xz -C "$work/stage"
wait
[ -s "$work/engine" ] && [ -s "$work/compose" ] && [ -s "$work/disk" ] && [ -s "$work/containers" ] && [ -s "$work/images" ] && [ -s "$work/model" ]

# files
(cd "$work/stage" && find . -type f) | while IFS= read -r file; do
  cmp -s "$work/stage/$file" "$file" || { mkdir -p "${file%/*}" && cp "$work/stage/$file" "$file.new" && mv "$file.new" "$file"; }
done

# seven steps of the project's own
for step in 1 2 3 4 5 6 7; do
  timeout 60 sh -c true
  echo "step $step done"
done

# smoke test, by the container's own address
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$project-$service-1")
# shellcheck disable=SC2016 # expands in bash
timeout 5 bash -c 'exec 3<> "/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\r\n\r\n" "$3" >&3 && cat <&3' bash "$address" "$port" "$path" | grep -q '"online":1'

# what runs is what was wanted
docker ps --quiet --filter "$mine" | xargs docker inspect --format '{{.Image}}' | sort -u > "$work/running"
while IFS= read -r image; do grep -q "^$image " "$work/images"; done < "$work/running"

# the record
printf '{"images":"%s","at":"%s"}\n' "$(tr '\n' ' ' < "$work/running")" "$(date -u +%FT%TZ)" > .hand-record.new
sync .hand-record.new
mv .hand-record.new .hand-record
echo done
