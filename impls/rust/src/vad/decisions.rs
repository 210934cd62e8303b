//! From active frames to speech, frame by frame.

/// Durations in frames.
#[derive(Clone, Copy, Debug)]
pub struct Durations {
    /// Shorter runs of active frames are dropped.
    pub shortest: usize,
    /// Speech begins that much earlier.
    pub padding: usize,
    /// Speech ends that much later.
    pub hang: usize,
    /// Shorter silences are filled.
    pub silence: usize,
}

impl Durations {
    /// Frames after which it is known whether a frame is within a run that counts, or its padding.
    fn lag(&self) -> usize {
        self.shortest - 1 + self.padding
    }

    /// Frames by which a decision comes later than its frame.
    pub fn delay(&self) -> usize {
        self.lag() + self.silence - 1
    }
}

/// A detector between two frames, as the contract numbers its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub seen: i64,
    /// Length of the current run of active frames.
    pub run: i64,
    /// The last frame that the hang-over reaches.
    pub until: i64,
    /// The latest stretch of speech: its first and its last frame.
    pub start: i64,
    pub end: i64,
    pub told: i64,
}

impl State {
    /// Takes one frame and tells the decision that it completes, with the score that waits in `pending`.
    #[inline]
    pub fn advance<'a>(
        &mut self,
        active: bool,
        durations: &Durations,
        pending: &[f32],
        answers: &mut impl Iterator<Item = (&'a mut f32, &'a mut u8)>,
    ) {
        self.run = if active { self.run + 1 } else { 0 };
        if self.run >= durations.shortest as i64 {
            self.until = self.seen + durations.hang as i64;
        }
        let late = self.seen - durations.lag() as i64;
        if (0..=self.until).contains(&late) {
            if late - self.end > durations.silence as i64 {
                self.start = late;
            }
            self.end = late;
        }
        let decided = self.seen - durations.delay() as i64;
        if decided >= 0
            && let Some((score, flag)) = answers.next()
        {
            *score = pending[decided as usize % pending.len()];
            *flag = u8::from((self.start..=self.end).contains(&decided));
            self.told += 1;
        }
        self.seen += 1;
    }
}
