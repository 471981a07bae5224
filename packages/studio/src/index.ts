export type * from './api/types.ts';
export { API_VERSION, MAX_RANGE, REQUEST_HEADER, ROUTES } from './api/types.ts';
export type { StudioRequest } from './http/exchange.ts';
export type { HandlerOptions, StartOptions, StudioOptions, StudioSource } from './options.ts';
export { type RunningStudio, startStudio } from './start-studio.ts';
export { type StudioHandler, studioHandler } from './studio-handler.ts';
export type { Embed } from './vectors/vector-search.ts';
