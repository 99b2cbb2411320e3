import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../repository.ts'
import { packages, rooms } from './floors.ts'
import { inspect } from './inspect.ts'

/** Draws the rooms and who imports whom into ARCHITECTURE.md: `node tools/floor-plan/draw.ts`. */

const begin = '<!-- floor plan: drawn by tools/floor-plan/draw.ts -->'
const end = '<!-- end of floor plan -->'

type Edge = readonly [from: string, to: string]

const idOf = (room: string) => room.replaceAll('/', '_')
const titleOf = (room: string) =>
  room === 'server' ? 'app' : room.replace('server/domains/', '').replace('server/', '')

/** What can be reached by way of another room needs no arrow of its own: the drawing keeps the nearest steps only. */
function nearestOnly(edges: readonly Edge[]): Edge[] {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true
    if (seen.has(from)) return false
    seen.add(from)
    return edges.some(([a, b]) => a === from && reaches(b, to, seen))
  }
  return edges.filter(
    ([from, to]) => !edges.some(([a, via]) => a === from && via !== to && via !== from && reaches(via, to)),
  )
}

/** Mermaid text of the house. Rooms that import nothing and are imported by nobody are left out. */
export function drawing(edges: readonly Edge[]): string {
  const drawn = new Set(edges.flat())
  const node = (room: string) => `    ${idOf(room)}["${titleOf(room)}"]`
  const outside = packages.filter((name) => drawn.has(name))
  const inside = ['server', ...rooms.map(({ path }) => path).reverse()].filter((room) => drawn.has(room))
  return [
    'flowchart TD',
    ...outside.map((room) => node(room).slice(2)),
    '  subgraph server',
    ...inside.map(node),
    '  end',
    ...nearestOnly(edges).map(([from, to]) => `  ${idOf(from)} --> ${idOf(to)}`),
  ].join('\n')
}

/** The paper with the drawing put between its two marks. */
export function withDrawing(paper: string, edges: readonly Edge[]): string {
  const from = paper.indexOf(begin)
  const to = paper.indexOf(end)
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md has lost the marks "${begin}" and "${end}"`)
  return `${paper.slice(0, from)}${begin}\n\n\`\`\`mermaid\n${drawing(edges)}\n\`\`\`\n\n${paper.slice(to)}`
}

/** Edges that are drawn: tools and bench look at everything, so their arrows say nothing. */
export const drawnEdges = (edges: readonly Edge[]) => edges.filter(([from]) => from !== 'tools' && from !== 'bench')

if (import.meta.main) {
  const path = join(repositoryRoot, 'ARCHITECTURE.md')
  const { roomEdges } = await inspect(repositoryRoot)
  writeFileSync(path, withDrawing(readFileSync(path, 'utf8'), drawnEdges(roomEdges)))
}
