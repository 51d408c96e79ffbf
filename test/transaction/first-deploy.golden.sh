# How compose is called for this release. FILES: folder of the project's files, PINS: folder of the pins.
compose_over() {
  over_files=$1 over_pins=$2 over_probe=$3
  shift 3
  over_env=
  if [ -e /opt/stacks/shop/.env ]; then over_env=/opt/stacks/shop/.env; fi
  compose --project-name shop --project-directory /opt/stacks/shop \
    ${over_env:+--env-file} ${over_env:+"$over_env"} \
    --file "$over_files"/docker-compose.yml --file "$over_files"/more.yml --file "$over_pins/pin.yml" \
    ${over_probe:+--file} ${over_probe:+"$over_probe"} --profile web "$@"
}

compose_program() { compose_over "$directory" "$dot/releases/$release" "" "$@"; }
compose_stage() { compose_over "$operation/stage/project" "$operation/stage" "" "$@"; }
compose_before() ( . "$dot/releases/$previous/compose.sh"; compose_over "$dot/releases/$previous/project" "$dot/releases/$previous" "" "$@" )
# nothing was deployed here before
ready_4() { ask_auto "$1"; }
ready_10_1() { ask_http "$1" 8000 /health 200 ''; }
before_10_1() { ask_http "$1" 8000 /health 200 ''; }
ready_12_1() { ask_auto "$1"; }
before_12_1() { ask_auto "$1"; }
ready_13() { ask_http "$1" 8000 / 200 ''; }
ready_before() {
  case $1 in
    api) wait_ready "$1" "$2" before_10_1 0 500 10000 60000 0 ;;
    bot) wait_ready "$1" "$2" before_12_1 0 500 10000 60000 10000 ;;
    *) return 0 ;;
  esac
}
release_start() { printf '%s' '{"id":"1-1111111","number":1,"kind":"deploy","of":null,"fallback":null,"commit":"1111111aaaa","ref":null,"repository":null,"actor":null,"run":null,"reason":null,"operation":"o","images":{"api":{"reference":"ghcr.io/acme/shop-api@sha256:a100000000000000000000000000000000000000000000000000000000000000","digest":"sha256:a100000000000000000000000000000000000000000000000000000000000000","platforms":{}},"bot":{"reference":"ghcr.io/acme/shop-bot@sha256:b100000000000000000000000000000000000000000000000000000000000000","digest":"sha256:b100000000000000000000000000000000000000000000000000000000000000","platforms":{}}},"services":{"api":{"image":"api","digest":"sha256:a100000000000000000000000000000000000000000000000000000000000000","order":"stop-first","exactly":false,"after":["db"],"readiness":{"ask":{"kind":"http","port":8000,"path":"/health","status":[200],"contains":null,"patterns":[]},"grace":0,"interval":500,"retries":10000,"deadline":60000,"stable":0},"containerName":""},"bot":{"image":"bot","digest":"sha256:b100000000000000000000000000000000000000000000000000000000000000","order":"stop-first","exactly":true,"last":true,"after":[],"readiness":{"ask":{"kind":"auto"},"grace":0,"interval":500,"retries":10000,"deadline":60000,"stable":10000},"containerName":""}},"smoke":[{"name":"answers","service":"api","ask":{"kind":"http","port":8000,"path":"/","status":[200],"contains":null,"patterns":[]},"retries":2,"timeout":30000}],"infrastructure":["db"],"stack":{"-":{"release":"1-1111111","commit":"1111111aaaa","images":{"api":"ghcr.io/acme/shop-api@sha256:a100000000000000000000000000000000000000000000000000000000000000","bot":"ghcr.io/acme/shop-bot@sha256:b100000000000000000000000000000000000000000000000000000000000000"}}},'; }
steps() {
  step 1 pull_images ghcr.io/acme/shop-api@sha256:a100000000000000000000000000000000000000000000000000000000000000 ghcr.io/acme/shop-bot@sha256:b100000000000000000000000000000000000000000000000000000000000000 postgres:16
  step 2 place_files
  step 3 start_infrastructure db
  step 4 await_running db ready_4 0 500 10000 120000 0
  step 5 create_containers api=1 bot=1
  step 6 schema before 60 api migrate show
  step 7 migrate_command 600 api migrate up
  step 8 schema after 60 api migrate show
  step 9 await_created api bot
  step 10 switch_services api stop-first 1 '' no ready_10_1 0 500 10000 60000 0
  step 11 run_seed users 69c8989ada2ee2e7 600 api seed
  step 12 switch_services bot stop-first 1 '' no ready_12_1 0 500 10000 60000 10000
  step 13 smoke_test answers api 2 30 ready_13
  step 14 verify_digests api=sha256:a100000000000000000000000000000000000000000000000000000000000000 bot=sha256:b100000000000000000000000000000000000000000000000000000000000000
  step 15 stayed_up bot
  step 16 commit_release
  step 17 tidy 5 api= bot=
}
main "$@"
