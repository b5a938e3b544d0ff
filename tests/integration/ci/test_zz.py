import time, json
def test_zz(studio) -> None:
    studio.task("warm"); studio.settle()
    for n in ("hot","hotter","hottest"):
        studio.task(n)
        t=time.time(); studio.settle(); print("TOOK", time.time()-t)
        for key, run in sorted(studio.runs(n).items(), key=lambda i:i[1].id): print(key, round(run.started_at-t,3), round(run.ended_at-run.started_at,3))
    print(studio.log(studio.only("hottest","qa"))); print(studio.log(studio.only("hottest","process")))
