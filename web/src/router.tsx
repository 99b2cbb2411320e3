import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { Button } from 'react-aria-components/Button'
import { useSpeech } from './i18n/index.tsx'
import { Page, Waiting } from './ui/page.tsx'
import { Shell } from './ui/shell.tsx'

/** The four faces as addresses. Each face is fetched when it is visited: a person never loads the provider’s desk. */
const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Broken })
const at = <const P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component })

const routeTree = root.addChildren([
  at(
    '/',
    lazyRouteComponent(() => import('./public/landing-page.tsx'), 'LandingPage'),
  ),
  at(
    '/person',
    lazyRouteComponent(() => import('./person/page.tsx'), 'PersonPage'),
  ),
  at(
    '/person/permissions',
    lazyRouteComponent(() => import('./person/permissions-page.tsx'), 'PermissionsPage'),
  ),
  at(
    '/person/demands',
    lazyRouteComponent(() => import('./person/demands-page.tsx'), 'DemandsPage'),
  ),
  at(
    '/person/leave',
    lazyRouteComponent(() => import('./person/leave-page.tsx'), 'LeavePage'),
  ),
  at(
    '/provider',
    lazyRouteComponent(() => import('./provider/page.tsx'), 'ProviderPage'),
  ),
  at(
    '/provider/demands',
    lazyRouteComponent(() => import('./provider/demands-page.tsx'), 'ProviderDemandsPage'),
  ),
  at(
    '/provider/people',
    lazyRouteComponent(() => import('./provider/people-page.tsx'), 'PeoplePage'),
  ),
  at(
    '/provider/notices',
    lazyRouteComponent(() => import('./provider/notices-page.tsx'), 'ProviderNoticesPage'),
  ),
  at(
    '/provider/team',
    lazyRouteComponent(() => import('./provider/team-page.tsx'), 'TeamPage'),
  ),
  at(
    '/provider/keys',
    lazyRouteComponent(() => import('./provider/keys-page.tsx'), 'KeysPage'),
  ),
  at(
    '/provider/setup',
    lazyRouteComponent(() => import('./provider/setup-page.tsx'), 'SetupPage'),
  ),
  at(
    '/provider/join',
    lazyRouteComponent(() => import('./provider/join-page.tsx'), 'JoinPage'),
  ),
  at(
    '/authority',
    lazyRouteComponent(() => import('./authority/page.tsx'), 'AuthorityPage'),
  ),
  at(
    '/public',
    lazyRouteComponent(() => import('./public/page.tsx'), 'PublicPage'),
  ),
  at(
    '/public/ledger',
    lazyRouteComponent(() => import('./public/ledger-page.tsx'), 'LedgerPage'),
  ),
  at(
    '/public/notices',
    lazyRouteComponent(() => import('./public/notices-page.tsx'), 'NoticesPage'),
  ),
  at(
    '/public/notices/$notice',
    lazyRouteComponent(() => import('./public/notice-page.tsx'), 'NoticePage'),
  ),
])

export const makeRouter = () =>
  createRouter({ routeTree, defaultPreload: 'intent', defaultPendingComponent: Waiting, scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}

function NotFound() {
  const { t } = useSpeech()
  return (
    <Page title={t.shell.notFound} lead={t.shell.notFoundBody}>
      <Link to="/">{t.shell.toStart}</Link>
    </Page>
  )
}

function Broken({ error }: ErrorComponentProps) {
  const { t } = useSpeech()
  return (
    <Page title={t.shell.brokeTitle} lead={t.shell.brokeBody}>
      <div className="stack">
        <p className="small soft mono">{error instanceof Error ? error.message : String(error)}</p>
        <div>
          <Button className="button" onPress={() => location.reload()}>
            {t.shell.reload}
          </Button>
        </div>
      </div>
    </Page>
  )
}
