import { allRoutes, errorCatalogue, openApiDocument, type RouteShape } from '@bailee/contract'
import type { HttpServer } from './server.ts'

const escapeHtml = (text: string) =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)

const page = (
  title: string,
  body: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/reference/style.css"></head><body><header><a href="/">Bailee</a> <nav aria-label="Reference"><a href="/reference">API</a> <a href="/reference/errors">Errors · 错误码</a> <a href="/openapi.json">OpenAPI 3.1</a></nav></header><main>${body}</main></body></html>`

const style = `:root{color-scheme:light dark;--ink:#1d1b18;--paper:#fbf9f5;--line:#d9d3c7;--accent:#9d2b22}
@media (prefers-color-scheme:dark){:root{--ink:#ece7dd;--paper:#15171c;--line:#3a3d45;--accent:#f0988f}}
body{margin:0;font:16px/1.55 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:var(--ink);background:var(--paper)}
header{padding:16px 24px;border-bottom:1px solid var(--line)}nav{display:inline;margin-left:24px}nav a{margin-right:16px}a{color:var(--accent)}
main{max-width:960px;margin:0 auto;padding:24px}section{border-top:1px solid var(--line);padding:24px 0}h3{margin:0 0 4px;font-size:18px}
code,pre{font:14px/1.5 ui-monospace,Menlo,Consolas,monospace}pre{overflow:auto;border:1px solid var(--line);border-radius:8px;padding:12px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
.method{color:var(--accent);font-weight:600}summary{cursor:pointer;padding:8px 0}`

function operation(shape: RouteShape): string {
  const schema = (name: string, value: unknown) =>
    value === undefined
      ? ''
      : `<details><summary>${name}</summary><pre tabindex="0">${escapeHtml(JSON.stringify(value, null, 2))}</pre></details>`
  return `<section id="${shape.name}"><h3><span class="method">${shape.method}</span> <code>${escapeHtml(shape.path)}</code></h3>
<p>${escapeHtml(shape.summary)}<br><span lang="zh">${escapeHtml(shape.summaryZh)}</span></p>
<table><tr><th scope="row">Callers</th><td>${shape.callers.join(', ')}${shape.ability ? `, with the ability <code>${shape.ability}</code>` : ''}</td></tr>
${shape.idempotency === 'required' ? '<tr><th scope="row">Idempotency-Key</th><td>required</td></tr>' : ''}
${shape.article ? `<tr><th scope="row">Decision, article</th><td>${shape.article}</td></tr>` : ''}
<tr><th scope="row">Errors</th><td>${shape.errors.map((code) => `<a href="/reference/errors#${code}"><code>${code}</code></a>`).join(', ') || 'only the general ones'}</td></tr></table>
${schema('Path and query', shape.params ?? shape.query)}${schema('Body', shape.body)}${schema('Answer', shape.reply)}</section>`
}

/** The contract as OpenAPI 3.1, and as pages that a person can read, both made from the same shapes the server checks. */
export function mountReference(http: HttpServer, version: string): void {
  const document = JSON.stringify(openApiDocument(allRoutes, version))
  const rooms = [...new Set(allRoutes.map((shape) => shape.room))]
  const reference = page(
    'Bailee API',
    `<h1>API · 接口参考</h1><p>Version ${escapeHtml(version)}. JSON over HTTPS; problem documents after RFC 9457. Machine keys go in <code>Authorization: Bearer …</code>.</p>${rooms
      .map(
        (room) =>
          `<h2>${room}</h2>${allRoutes
            .filter((shape) => shape.room === room)
            .map(operation)
            .join('')}`,
      )
      .join('')}`,
  )
  const errors = page(
    'Bailee errors',
    `<h1>Errors · 错误码</h1><table><thead><tr><th>Code</th><th>Status</th><th>English</th><th lang="zh">中文</th></tr></thead><tbody>${Object.entries(
      errorCatalogue,
    )
      .map(
        ([code, { status, en, zh }]) =>
          `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(en)}</td><td lang="zh">${escapeHtml(zh)}</td></tr>`,
      )
      .join('')}</tbody></table>`,
  )
  const html = 'text/html; charset=utf-8'
  http.raw.get('/openapi.json', async (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(document),
  )
  http.raw.get('/reference', async (_request, reply) => reply.header('content-type', html).send(reference))
  http.raw.get('/reference/errors', async (_request, reply) => reply.header('content-type', html).send(errors))
  http.raw.get('/reference/style.css', async (_request, reply) =>
    reply.header('content-type', 'text/css; charset=utf-8').send(style),
  )
}
