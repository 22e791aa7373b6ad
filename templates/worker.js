// Keeps one page, which shows that there is no connection, and nothing of any user.
"use strict";

const KEPT = "offline-{{ version }}";
const PAGE = "{{ page|escapejs }}";
const FILES = [{% for file in files %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  const fetched = FILES.map((file) => new Request(file, { credentials: "omit", cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(fetched)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name !== KEPT).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names))).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const isKept = FILES.includes(new URL(event.request.url).pathname);
  if (event.request.mode !== "navigate" && !isKept) return;
  const file = event.request.mode === "navigate" ? PAGE : event.request;
  event.respondWith(fetch(event.request).catch(() => caches.match(file)));
});
