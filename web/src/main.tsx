import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api.ts'
import { watchArrivals } from './arrivals.ts'
import { loadDictionary, localeOf, preferredLanguage, SpeechProvider } from './i18n/index.tsx'
import { makeRouter } from './router.tsx'
import './ui/base.css'
import './ui/ui.css'
import { applyColours } from './ui/shell.tsx'

// First of all: a one-time token leaves the address bar before any other code reads it.
watchArrivals()
applyColours()

/** A refusal is an answer: only silence and a busy server are asked again. */
const worthAsking = (failures: number, error: Error) =>
  failures < 2 && error instanceof ApiError && ['unreachable', 'unavailable', 'rate_limited'].includes(error.code)

const queries = new QueryClient({
  defaultOptions: { queries: { retry: worthAsking, staleTime: 2000, refetchOnWindowFocus: false } },
})
const language = preferredLanguage()
document.documentElement.lang = localeOf(language)
const dictionary = await loadDictionary(language)
const place = document.getElementById('root')
if (!place) throw new Error('index.html has no #root')
createRoot(place).render(
  <StrictMode>
    <SpeechProvider language={language} dictionary={dictionary}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </SpeechProvider>
  </StrictMode>,
)
