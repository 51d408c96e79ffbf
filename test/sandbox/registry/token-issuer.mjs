// The token endpoint of a GHCR-like registry (`auth: token`): personal access tokens with a scope each,
// anonymous pulls of public/* only. Configured by the environment; prints one line when it listens.

import { randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const { FOLDER, ADDRESS, PORT, ISSUER } = process.env
const SIGNING_KEY = readFileSync(`${FOLDER}/token.key`)
const CERTIFICATE = readFileSync(`${FOLDER}/token.crt`, 'utf8').replace(/-----[^-]+-----|\s/g, '')
const LIFETIME_SECONDS = 300

/** name → what its token may do; an expired token may do nothing and is refused like a wrong one */
const ACCOUNTS = new Map(JSON.parse(readFileSync(`${FOLDER}/accounts.json`, 'utf8')).map((account) => [account.user, account]))

function credentials(request) {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')
  if (!basic) return undefined
  const [user, ...rest] = Buffer.from(basic[1], 'base64').toString().split(':')
  return { user, password: rest.join(':') }
}

/** the account asked for; `undefined` when the login is wrong, an account without name for anonymous */
function authenticate(login) {
  if (!login) return { user: '', anonymous: true, actions: [] }
  const account = ACCOUNTS.get(login.user)
  return account && account.password === login.password && !account.expired ? account : undefined
}

/** one `repository:NAME:pull,push` of the request, cut down to what the account may do */
function grant(account, scope) {
  const [type, ...parts] = scope.split(':')
  const asked = (parts.pop() ?? '').split(',')
  const name = parts.join(':')
  const allowed = account.anonymous ? (name.startsWith('public/') ? ['pull'] : []) : account.actions
  return { type, name, actions: asked.includes('*') ? allowed : asked.filter((action) => allowed.includes(action)) }
}

function tokenFor(account, service, scopes) {
  const now = Math.floor(Date.now() / 1000)
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const header = encode({ typ: 'JWT', alg: 'RS256', x5c: [CERTIFICATE] })
  const claims = encode({
    iss: ISSUER,
    sub: account.user,
    aud: service,
    jti: randomUUID(),
    iat: now,
    nbf: now - 10,
    exp: now + LIFETIME_SECONDS,
    access: scopes.map((scope) => grant(account, scope)),
  })
  return `${header}.${claims}.${sign('RSA-SHA256', Buffer.from(`${header}.${claims}`), SIGNING_KEY).toString('base64url')}`
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
}

function handle(request, response) {
  request.resume()
  // as GHCR: GET with Basic only. Clients POST first and fall back on 405.
  if (request.method !== 'GET') return answer(response, 405)
  const account = authenticate(credentials(request))
  if (!account) return answer(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })
  const query = new URL(request.url, 'https://issuer').searchParams
  const scopes = query
    .getAll('scope')
    .flatMap((scope) => scope.split(' '))
    .filter(Boolean)
  const token = tokenFor(account, query.get('service'), scopes)
  answer(response, 200, { token, access_token: token, expires_in: LIFETIME_SECONDS, issued_at: new Date().toISOString() })
}

const tls = { key: readFileSync(`${FOLDER}/tls.key`), cert: readFileSync(`${FOLDER}/tls.crt`) }
createServer(tls, handle).listen(Number(PORT), ADDRESS, () =>
  process.stdout.write(`token issuer on ${ADDRESS}:${PORT}, pid ${process.pid}\n`),
)
