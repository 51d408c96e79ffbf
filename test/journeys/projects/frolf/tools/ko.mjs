// Does what `ko build --push=false --oci-layout-path` does: a static program on an empty base, as an OCI layout.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { IMAGE_LAYOUT: layout, IMAGE_PLATFORMS: platforms, VERSION: version, GOPRIVATE_TOKEN: token } = process.env
if (!token) throw new Error('GOPRIVATE_TOKEN is missing: the private modules cannot be fetched')
const folder = mkdtempSync(join(tmpdir(), 'ko-'))
mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })

const blob = (mediaType, bytes) => {
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(layout, 'blobs/sha256', hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
}
const json = (mediaType, document) => blob(mediaType, Buffer.from(JSON.stringify(document)))
const type = (name) => `application/vnd.oci.image.${name}`

const images = platforms.split(',').map((platform) => {
  const [os, architecture] = platform.split('/')
  mkdirSync(join(folder, 'ko-app'), { recursive: true })
  execFileSync('go', ['build', '-trimpath', '-ldflags', `-s -w -X main.version=${version}`, '-o', join(folder, 'ko-app/frolf'), '.'], {
    stdio: 'inherit',
    env: { ...process.env, CGO_ENABLED: '0', GOOS: os, GOARCH: architecture, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' },
  })
  const tar = ['--format=ustar', '--owner=0', '--group=0', '--mtime=@0', '--sort=name', '-C', folder, '-cf', join(folder, 'layer'), 'ko-app']
  execFileSync('tar', tar)
  const layer = blob(type('layer.v1.tar'), readFileSync(join(folder, 'layer')))
  const config = json(type('config.v1+json'), {
    os,
    architecture,
    config: { User: '65532:65532', Entrypoint: ['/ko-app/frolf'], Env: ['PATH=/ko-app'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created_by: 'ko' }],
  })
  const manifest = json(type('manifest.v1+json'), { schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers: [layer] })
  return { ...manifest, platform: { os, architecture } }
})
const index = json(type('index.v1+json'), { schemaVersion: 2, mediaType: type('index.v1+json'), manifests: images })
writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [index] }))
rmSync(folder, { recursive: true })
