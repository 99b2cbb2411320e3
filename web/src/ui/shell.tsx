import { Link, Outlet } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { useSpeech } from '../i18n/index.tsx'
import { recall, remember } from '../memory.ts'
import { Icon, Seal } from './icons.tsx'

export function Shell() {
  const { t } = useSpeech()
  return (
    <>
      <a className="skip" href="#main">
        {t.shell.skip}
      </a>
      <header className="masthead">
        <div className="wide">
          <Link to="/" className="brand" aria-label={t.shell.home}>
            <Seal />
            <span>Bailee</span>
          </Link>
          <nav className="faces" aria-label={t.shell.faces}>
            <ul>
              <li>
                <Link to="/person">{t.shell.person}</Link>
              </li>
              <li>
                <Link to="/provider">{t.shell.provider}</Link>
              </li>
              <li>
                <Link to="/authority">{t.shell.authority}</Link>
              </li>
              <li>
                <Link to="/public">{t.shell.public}</Link>
              </li>
            </ul>
          </nav>
          <div className="switches">
            <LanguageSwitch />
            <ColourSwitch />
          </div>
        </div>
      </header>
      <main id="main" className="wide" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="colophon">
        <div className="wide">
          <p>{t.shell.footer}</p>
          <ul>
            <li>
              <Link to="/public/ledger">{t.shell.ledger}</Link>
            </li>
            <li>
              <Link to="/public/notices">{t.shell.notices}</Link>
            </li>
          </ul>
        </div>
      </footer>
    </>
  )
}

function LanguageSwitch() {
  const { language, t, speak } = useSpeech()
  const other = language === 'en' ? 'zh' : 'en'
  return (
    <Button className="button quiet plain" onPress={() => void speak(other)}>
      <span lang={other === 'zh' ? 'zh-CN' : 'en'}>{t.language.other}</span>
    </Button>
  )
}

type Colours = 'light' | 'dark'
const chosenColours = (): Colours | undefined => {
  const chosen = recall('colours')
  return chosen === 'light' || chosen === 'dark' ? chosen : undefined
}
const systemColours = (): Colours => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')

/** What was chosen by hand wins over the system. Called before the first paint. */
export function applyColours(): void {
  const chosen = chosenColours()
  if (chosen) document.documentElement.dataset.colours = chosen
  else delete document.documentElement.dataset.colours
}

function ColourSwitch() {
  const { t } = useSpeech()
  const [colours, setColours] = useState<Colours>(() => chosenColours() ?? systemColours())
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const follow = () => chosenColours() ?? setColours(systemColours())
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  const other: Colours = colours === 'dark' ? 'light' : 'dark'
  return (
    <Button
      className="button quiet plain"
      aria-label={other === 'dark' ? t.shell.toDark : t.shell.toLight}
      onPress={() => {
        remember('colours', other)
        applyColours()
        setColours(other)
      }}
    >
      <Icon name={other === 'dark' ? 'moon' : 'sun'} />
    </Button>
  )
}
