import { Problem } from './common.ts'
import { errorCatalogue } from './errors.ts'
import type { Caller, RouteShape } from './route.ts'

const security: Record<Caller, object> = {
  client: { machineKey: [] },
  staff: { session: [] },
  person: { session: [] },
  anyone: {},
}

const parameters = (shape: RouteShape) => {
  const list: object[] = []
  for (const [place, schema] of [
    ['path', shape.params],
    ['query', shape.query],
  ] as const) {
    const object = schema as unknown as { properties?: Record<string, object>; required?: string[] } | undefined
    for (const [name, member] of Object.entries(object?.properties ?? {}))
      list.push({
        name,
        in: place,
        required: place === 'path' || (object?.required ?? []).includes(name),
        schema: member,
      })
  }
  if (shape.idempotency === 'required')
    list.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      schema: { type: 'string', minLength: 8, maxLength: 128 },
    })
  return list
}

const operation = (shape: RouteShape) => ({
  operationId: shape.name,
  tags: [shape.room],
  summary: shape.summary,
  'x-summary-zh': shape.summaryZh,
  ...(shape.article ? { 'x-decision-article': shape.article } : {}),
  ...(shape.ability ? { 'x-ability': shape.ability } : {}),
  security: shape.callers.map((caller) => security[caller]),
  parameters: parameters(shape),
  ...(shape.body ? { requestBody: { required: true, content: { 'application/json': { schema: shape.body } } } } : {}),
  ...(shape.upload ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } } : {}),
  responses: {
    [shape.status ?? 200]: {
      description: 'done',
      content: shape.download
        ? { 'application/octet-stream': {} }
        : { [shape.media ?? 'application/json']: { schema: shape.reply } },
    },
    default: {
      description: `problem document; codes: ${[...shape.errors, 'schema_violation'].join(', ')}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
})

/** OpenAPI 3.1 (JSON Schema 2020-12), made from the same route shapes that the server validates with. */
export function openApiDocument(routes: readonly RouteShape[], version: string) {
  const paths: Record<string, Record<string, object>> = {}
  for (const shape of routes) {
    const path = shape.path.replace(/:([a-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [shape.method.toLowerCase()]: operation(shape) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bailee',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Keeps other people’s personal information as a bailee must.',
    },
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        machineKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'bailee_session' },
      },
    },
    'x-errors': errorCatalogue,
  }
}
