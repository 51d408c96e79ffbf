variable "REGISTRY" {}
target "base" {
  context = "."
  attest  = ["type=provenance,disabled=true"]
  # only the registry needs them: unpacked side by side, one now and then misses the layer that another one shares with it
  output  = ["type=image,push=true,store=false,unpack=false"]
}
target "os" {
  inherits  = ["base"]
  target    = "os"
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REGISTRY}/base/os:bookworm"]
}
target "python" {
  inherits  = ["base"]
  target    = "python"
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REGISTRY}/base/python:bookworm"]
}
# what a stack only runs, and runs on the servers, which are amd64
target "postgres" {
  inherits  = ["base"]
  target    = "postgres"
  platforms = ["linux/amd64"]
  tags      = ["${REGISTRY}/base/postgres:bookworm"]
}
target "redis" {
  inherits  = ["base"]
  target    = "redis"
  platforms = ["linux/amd64"]
  tags      = ["${REGISTRY}/base/redis:bookworm"]
}
target "mariadb" {
  inherits  = ["base"]
  target    = "mariadb"
  platforms = ["linux/amd64"]
  tags      = ["${REGISTRY}/base/mariadb:bookworm"]
}
target "buildkit" {
  inherits  = ["base"]
  target    = "buildkit"
  platforms = ["linux/amd64"]
  tags      = ["${REGISTRY}/base/buildkit:0.13"]
}
