/** Short texts to search in. */
export const ARTICLES: readonly (readonly [title: string, year: number, text: string])[] = [
  [
    'Foxes in the city',
    2019,
    'At night a fox crosses the market square. It knows which doors stay open, and where the bins are.',
  ],
  [
    'Amber',
    2021,
    'Amber is the resin of old trees, hardened over millions of years. Insects inside of amber are preserved to the hair.',
  ],
  [
    'Rain gauges',
    2015,
    'A rain gauge is read at the same hour each day. The series of the old town begins in 1781 and has few gaps.',
  ],
  [
    'The lamp room',
    1998,
    'The keeper of the lighthouse cleaned the lamp each morning, and wrote the weather into a book.',
  ],
  ['Night trains', 2023, 'Night trains return. A sleeper from the coast reaches the mountains before breakfast.'],
  [
    'Bread',
    2008,
    'Flour, water, salt and time: a slow dough has more taste. The baker shapes the bread before the town is awake.',
  ],
  [
    'On lichens',
    2017,
    'A lichen is a fungus and an alga that live as one. Some grow a millimeter in a year, on stone.',
  ],
  ['The ferry', 2011, 'The ferry crosses the river on a cable. It needs no motor: the current of the river moves it.'],
  [
    'Copper roofs',
    2002,
    'A roof of copper turns brown and then green. The green layer protects the metal for centuries.',
  ],
  ['Swifts', 2020, 'Swifts sleep in the air. In May they return to the same holes under the roofs of the town.'],
  [
    'The map maker',
    1994,
    'She drew the map of the valley by walking it. Each path has a name that is older than the houses.',
  ],
  [
    'Old foxes',
    2022,
    'Foxes in the forest grow older than foxes in the city. The fox of the quarry has been seen for nine years.',
  ],
];
