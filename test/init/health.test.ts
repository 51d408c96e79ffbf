import { describe, expect, test } from '@jest/globals'
import { seen } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

type Files = Readonly<Record<string, string>>
const COMPOSE = 'services:\n  web: { build: ., ports: ["8000:8000"] }\n'
const PYTHON = 'FROM python:3.13\nCOPY . .\nCMD ["python", "main.py"]\n'

const healthOf = (files: Files, service = 'web') => seen(treeOf({ 'compose.yaml': COMPOSE, Dockerfile: PYTHON, ...files })).health[service]

describe('the first page is asked for', () => {
  test.each<[string, Files, string]>([
    ['Flask', { 'main.py': 'app = Flask(__name__)\n\n@app.route("/", methods=["GET"])\n' }, 'main.py:3'],
    [
      'FastAPI beside its routers',
      { 'main.py': 'api = FastAPI()\napi.include_router(items, prefix="/items")\n@api.get("/")\n' },
      'main.py:3',
    ],
    ['an application that is handed in', { 'views.py': 'from shop import app\n@app.route("/")\n' }, 'views.py:2'],
    ['Express beside a router', { 'a.js': "const app = express()\nconst r = express.Router()\napp.get('/', x)\n" }, 'a.js:3'],
    ['Go', { 'main.go': 'r := chi.NewRouter()\nr.Get("/", home)\n' }, 'main.go:2'],
    ['Go by its own', { 'main.go': 'http.HandleFunc("/", home)\n' }, 'main.go:1'],
    ['Nest without a prefix', { 'app.ts': "@Controller()\nclass A {\n  @Get('/')\n" }, 'app.ts:3'],
  ])('where the application answers it: %s', (_, files, from) =>
    expect(healthOf(files)).toEqual({ kind: 'http', port: 8000, path: '/', from }),
  )

  test.each<[string, Files]>([
    ['a router of FastAPI with a prefix', { 'main.py': 'r = APIRouter(prefix="/items")\n@r.get("/")\n' }],
    ['a router that is mounted elsewhere', { 'items.py': 'r = APIRouter()\n@r.get("/")\n' }],
    ['a blueprint', { 'shop.py': 'bp = Blueprint("shop", __name__)\n@bp.route("/")\n' }],
    ['a router of Express', { 'docs.js': "const router = express.Router()\nrouter.get('/', x)\n" }],
    ['a router from another file', { 'docs.js': "import { router } from './router.js'\nrouter.get('/', x)\n" }],
    ['a folder of routes', { 'src/routes/airports.js': "app.use('/airports', router)\napp.get('/', x)\n" }],
    ['a part of Fastify', { 'items.ts': "export const items = async (app: FastifyInstance) => {\n  app.get('/', x)\n" }],
    ['a group', { 'main.go': 'r := gin.Default()\nv1 := r.Group("/v1")\nv1.GET("/", home)\n' }],
    ['a function of a router', { 'main.go': 'r := chi.NewRouter()\nr.Route("/a", func(r chi.Router) {\n\tr.Get("/", list)\n' }],
    ['a controller', { 'cats.ts': "@Controller('cats')\nclass A {\n  @Get('/')\n" }],
    ['a prefix of all', { 'app.ts': "@Controller()\nclass A {\n  @Get('/')\n", 'main.ts': "app.setGlobalPrefix('api')\n" }],
    ['a class of Spring', { 'A.java': '@RequestMapping("/api")\nclass A {\n  @GetMapping("/")\n' }],
    ['a client of the browser', { 'a.ts': "this.http.get('/')\n" }],
    ['a client', { 'a.py': 'client = httpx.Client(base)\nclient.get("/")\n' }],
  ])('not where it is below another path, or may be: %s', (_, files) => expect(healthOf(files)).toEqual({ kind: 'open', port: 8000 }))

  test('a path of its own, too, where the same file says a prefix', () => {
    expect(healthOf({ 'a.py': 'r = APIRouter(prefix="/api")\n@r.get("/health")\n' })).toEqual({ kind: 'open', port: 8000 })
    expect(healthOf({ 'a.py': 'r = APIRouter()\n@r.get("/health")\n' })).toMatchObject({ path: '/health' })
  })
})

describe('an own nginx or Caddy', () => {
  const NGINX = 'FROM nginx:1\nCOPY nginx/ /etc/nginx/conf.d/\nEXPOSE 80\n'
  const proxy = 'location /api { proxy_pass http://api:80; }'
  const server = (text: string, dockerfile = NGINX, file = 'nginx/default.conf') => healthOf({ Dockerfile: dockerfile, [file]: text })

  test.each([
    ['files', 'server { listen 80; location / { root /srv; try_files $uri /index.html; } }'],
    ['files beside what it hands on', `server { location / { try_files $uri /index.html; }\n ${proxy} }`],
    ['nothing', 'server { listen 80; }'],
    [
      'a word against hidden files',
      'server {\n  # proxy_pass http://x;\n  location ~ /[.] { return 404; }\n  location / { root /srv; }\n}',
    ],
  ])('is asked for the first page where its configuration says %s', (_, text) =>
    expect(server(text)).toEqual({ kind: 'http', port: 8000, path: '/', from: 'Dockerfile' }),
  )

  test.each([
    ['hands it on', 'server { location / { proxy_pass http://web:8000; } }'],
    ['hands all on, by name', `server { location / { try_files $uri @app; }\n ${proxy} }`],
    ['hands it to PHP', 'server { location / { try_files $uri /index.php; } location ~ [.]php$ { fastcgi_pass php:9000; } }'],
    ['hands all on without a place for it', `server { ${proxy} }`],
    ['sends people elsewhere', 'server { return 301 https://$host; }'],
    ['sends people to where it is', 'server { return 301 https://$host; }\nserver { listen 443; location /health { return 200 ok; } }'],
    ['asks who it is', 'server { auth_basic x; location / { root /srv; } }'],
  ])('is not where it %s', (_, text) => expect(server(text)).toEqual({ kind: 'open', port: 8000 }))

  test('nor where Caddy hands it on', () =>
    expect(server(':80\nreverse_proxy web:8000\n', 'FROM caddy:2\nCOPY Caddyfile /etc/caddy/\n', 'Caddyfile')).toEqual({
      kind: 'open',
      port: 8000,
    }))

  test('is asked for the path that it answers itself; what another one is configured with says nothing', () => {
    const text = 'server {\n  location / { proxy_pass http://web; }\n  location /nginx/health { access_log off; return 200 "ok"; }\n}'
    expect(server(text)).toEqual({ kind: 'http', port: 8000, path: '/nginx/health', from: 'nginx/default.conf:3' })
    expect(server(text, NGINX, 'other/default.conf')).toMatchObject({ path: '/' })
    const mounted = 'services:\n  web: { build: ., ports: ["80:80"], volumes: ["./other:/etc/nginx/conf.d:ro"] }\n'
    expect(healthOf({ 'compose.yaml': mounted, Dockerfile: NGINX, 'other/default.conf': text })).toMatchObject({ path: '/nginx/health' })
  })
})

describe('the health check of an image', () => {
  const compose = 'services:\n  web: { build: ., ports: ["80:80"] }\n  jobs: { build: ., command: celery worker }\n'
  const files = { 'compose.yaml': compose, Dockerfile: `${PYTHON}HEALTHCHECK CMD curl -f localhost\n` }

  test('counts for a worker, too, with a word where it may be made for another service', () => {
    expect(healthOf(files, 'web')).toEqual({ kind: 'own', from: 'Dockerfile' })
    expect(healthOf(files, 'jobs')).toMatchObject({ kind: 'own', from: expect.stringMatching(/^Dockerfile, the same as for web: /) })
    const alone = 'services:\n  jobs: { build: ., command: celery worker }\n'
    expect(healthOf({ ...files, 'compose.yaml': alone }, 'jobs')).toEqual({ kind: 'own', from: 'Dockerfile' })
  })
})
