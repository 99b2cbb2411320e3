import { randomUUID } from 'node:crypto'
import { type Bailee, BaileeError } from '@bailee/sdk'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Member, Members } from './members.ts'
import type { notice } from './notice.ts'
import { pagesIn, type Shown, style } from './pages.ts'

export interface AppParts {
  readonly bailee: Bailee<typeof notice>
  /** Where the access link leads. */
  readonly baileeUrl: string
  readonly members: Members
}
const choices = ['support', 'newsletter'] as const

/** A refusal of this app's own, shown by its code. */
class Refused extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, status: number) {
    super(code)
    this.code = code
    this.status = status
  }
}

export function createApp({ bailee, baileeUrl, members }: AppParts): FastifyInstance {
  // No request log: a form holds what only Bailee may keep.
  const app = fastify({ logger: false, bodyLimit: 20_000 })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      // form-action names Bailee because the access link is a redirection after a form.
      'content-security-policy': `default-src 'none'; style-src 'self'; form-action 'self' ${new URL(baileeUrl).origin}; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    if (request.method === 'POST' && !isOwn(request)) throw new Refused('origin_foreign', 403)
    const { lang } = request.query as { readonly lang?: unknown }
    if (lang === 'en' || lang === 'zh') setCookie(request, reply, 'lang', lang)
  })
  app.setErrorHandler((error, request, reply) => {
    const [code, status] = told(error)
    return send(reply.code(status), pages(request).problem(code))
  })

  const me = (request: FastifyRequest): Member => {
    const member = members.find(cookie(request, 'session') ?? '')
    if (!member) throw new Refused('signed_out', 401)
    return member
  }

  app.get('/style.css', (_request, reply) => reply.type('text/css').send(style))
  app.get('/', (request, reply) =>
    send(
      reply,
      pages(request).timeline(members.timeline(), members.find(cookie(request, 'session') ?? '') !== undefined),
    ),
  )
  app.post('/posts', (request, reply) => {
    members.post(me(request).handle, field(request, 'text', 500))
    return reply.redirect('/', 303)
  })

  app.get('/sign-up', async (request, reply) => {
    const { snapshot } = await bailee.takeSnapshot(languageOf(request))
    return send(reply, pages(request).signUp(snapshot, randomUUID()))
  })
  app.post('/sign-up', async (request, reply) => {
    const form = request.body as URLSearchParams
    const handle = field(request, 'handle', 20)
    if (!/^[a-z0-9]{2,20}$/.test(handle)) throw new Refused('handle_invalid', 422)
    if (members.isTaken(handle)) throw new Refused('handle_taken', 409)
    const agreed = choices.filter((purpose) => form.getAll('purpose').includes(purpose))
    // The form's own key: pressing again after a lost answer makes no second person.
    const { person, record } = await bailee.collect(
      {
        consent: { snapshot: field(request, 'snapshot', 10_000), purposes: ['delivery', ...agreed] },
        fields: {
          name: field(request, 'name', 200),
          address: field(request, 'address', 200),
          ...(agreed.includes('support') ? { phone: field(request, 'phone', 200) } : {}),
          ...(agreed.includes('newsletter') ? { email: field(request, 'email', 200) } : {}),
        },
      },
      { idempotencyKey: field(request, 'attempt', 64) },
    )
    setCookie(request, reply, 'session', members.add({ handle, person, record }))
    return reply.redirect('/profile', 303)
  })

  app.get('/profile', async (request, reply) => {
    const { handle, person } = me(request)
    const shown: readonly Shown[] = await Promise.all([
      look('delivery', () => bailee.for('delivery').look(person, ['name', 'address'])),
      look('support', () => bailee.for('support').look(person, ['phone'])),
      look('newsletter', () => bailee.for('newsletter').look(person, ['email'])),
    ])
    return send(reply, pages(request).profile(handle, shown))
  })

  app.get('/settings', (request, reply) => {
    me(request)
    return send(reply, pages(request).settings())
  })
  app.post('/settings/address', async (request, reply) => {
    const { person, record } = me(request)
    await bailee.collect({ person, record, replace: true, fields: { address: field(request, 'address', 200) } })
    return reply.redirect('/profile', 303)
  })
  app.post('/settings/withdraw', async (request, reply) => {
    const { person } = me(request)
    const purpose = choices.find((one) => one === field(request, 'purpose', 40))
    if (!purpose) throw new Refused('purpose_invalid', 422)
    await bailee.withdraw(person, purpose)
    return reply.redirect('/profile', 303)
  })
  app.post('/settings/link', async (request, reply) =>
    reply.redirect((await bailee.accessLink(me(request).person)).url, 303),
  )
  app.post('/settings/delete', async (request, reply) => {
    const { handle, person } = me(request)
    try {
      await bailee.erase(person)
    } catch (error) {
      // Erased by an earlier try that broke off before the next line.
      if (!(error instanceof BaileeError && error.code === 'person_erased')) throw error
    }
    members.forget(handle)
    return reply.redirect('/', 303)
  })
  return app
}

/** One look for one purpose. That it is not agreed to is an answer; anything else is an error. */
async function look(
  purpose: string,
  open: () => Promise<{ readonly fields: Readonly<Record<string, string>> }>,
): Promise<Shown> {
  try {
    return { purpose, values: (await open()).fields }
  } catch (error) {
    if (error instanceof BaileeError && error.code === 'grant_missing') return { purpose, values: undefined }
    throw error
  }
}

/** Code and status, never a message: that might hold what was typed. */
function told(error: unknown): readonly [string, number] {
  if (error instanceof Refused) return [error.code, error.status]
  if (!(error instanceof BaileeError)) return ['internal', 500]
  if (error.status === undefined || error.status === 503) return ['unreachable', 503]
  return [error.code, error.status === 401 ? 502 : error.status]
}

function field(request: FastifyRequest, name: string, maxLength: number): string {
  const value = request.body instanceof URLSearchParams ? (request.body.get(name) ?? '').trim() : ''
  if (value === '' || value.length > maxLength) throw new Refused(`${name}_invalid`, 422)
  return value
}
const isOwn = ({ headers }: FastifyRequest): boolean =>
  URL.canParse(headers.origin ?? '') && new URL(headers.origin!).host === headers.host
const cookie = ({ headers }: FastifyRequest, name: string): string | undefined =>
  headers.cookie
    ?.split('; ')
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1)
const setCookie = (request: FastifyRequest, reply: FastifyReply, name: string, value: string) =>
  reply.header(
    'set-cookie',
    `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${request.protocol === 'https' ? '; Secure' : ''}`,
  )
function languageOf(request: FastifyRequest) {
  const { lang } = request.query as { readonly lang?: unknown }
  return (lang ?? cookie(request, 'lang')) === 'zh' ? 'zh' : 'en'
}
const pages = (request: FastifyRequest) => pagesIn(languageOf(request))
const send = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page)
