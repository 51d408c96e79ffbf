/** The smallest thing that serves: busybox's web server with its version in a file. Boots in a few milliseconds, leaves at once. */
import type { Files } from '../../sandbox/sample/files.ts'
import { imageOf } from '../../sandbox/scenarios/images.ts'

/** What the stack may be asked to run; "sick" is never healthy. */
export const VERSIONS = ['one', 'two', 'sick'] as const
export type Version = (typeof VERSIONS)[number]

const DOCKERFILE = `FROM busybox:1.36
ARG APP_VERSION
COPY serve /bin/serve
COPY take /www/cgi-bin/take
RUN echo "$APP_VERSION" > /www/version && ln -s /conf /www/conf && chmod 755 /bin/serve /www/cgi-bin/take \\
 && case $APP_VERSION in sick) ;; *) echo ok > /www/health ;; esac
CMD ["/bin/serve"]
`
const SERVE = `#!/bin/sh
trap 'exit 0' TERM
if [ -e "/data/sick-$(cat /www/version)" ]; then rm -f /www/health; fi
if [ -e "/data/hungry-$(cat /www/version)" ]; then exec tail /dev/zero; fi
httpd -p 80 -h /www
while :; do sleep 3600 & wait $!; done
`
/** What a seed over HTTP hands over is there before the answer says so. */
const TAKE = `#!/bin/sh
head -c "$CONTENT_LENGTH" >> /data/uploads
printf 'Content-Type: text/plain\\r\\n\\r\\ntaken\\n'
`
const FILES: Files = new Map([
  ['Dockerfile', DOCKERFILE],
  ['serve', SERVE],
  ['take', TAKE],
])

/** repository@digest of each version. */
export const images = async (): Promise<Readonly<Record<Version, string>>> => {
  const built = await Promise.all(
    VERSIONS.map((version) => imageOf({ name: 'faults-app', files: FILES, context: '.', dockerfile: 'Dockerfile', version })),
  )
  return Object.fromEntries(VERSIONS.map((version, index) => [version, built[index] ?? ''])) as Record<Version, string>
}
